/** Who is to catch a mutant: the simulation, or one of these specs. */
export type Catcher = 'simulation' | { readonly specs: readonly string[] };

/** One planted bug (proof.md §Layers 6): a change of the source that is made in a copy, never here. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Must occur exactly once: source that moved on needs a look at its mutant. */
  readonly find: string;
  readonly replace: string;
  readonly catcher: Catcher;
}

const STEPPER = 'libs/coordination/src/drive/stepper.ts';
const WRITE_ROWS = 'libs/persistence/src/memory/ledger/write-rows.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'send before persisting the decision',
    file: STEPPER,
    find: '    const outcomes = await this.writeAll(planned, writes);',
    replace: `    await this.relay.send(planned.map((one) => this.durable({ ...one.entry, drive: one.transition.drive }, one.transition.sends, [])));
    const outcomes = await this.writeAll(planned, writes);`,
    catcher: 'simulation',
  },
  {
    name: 'watchdog aborts without CAS',
    file: WRITE_ROWS,
    find: 'if (row === undefined || isStale(row.tx, step)) return null;',
    replace: `if (row === undefined || (isStale(row.tx, step) && !(step.driver.startsWith('w') && step.decide?.decision === 'ABORT'))) return null;`,
    catcher: { specs: ['libs/persistence/src/memory/ledger'] },
  },
  {
    name: 'COMMIT for an unknown branch answered "committed"',
    file: 'libs/protocol/src/branch/decision-rule.ts',
    find: "  if (!row) return { do: 'plant', state: S.Lost };",
    replace: "  if (!row) return { do: 'ack', state: 'COMMITTED', output: null };",
    catcher: { specs: ['libs/protocol/src/branch'] },
  },
  {
    name: 'no abort tombstone',
    file: 'libs/participant/src/executors/xa-decide.ts',
    find: '    await tx.raiseFences(works.map(({ key }) => key));',
    replace: "    if (state === 'ABORTED') return;\n    await tx.raiseFences(works.map(({ key }) => key));",
    catcher: 'simulation',
  },
  {
    name: 'dedupe in memory only',
    file: 'libs/persistence/src/memory/branches/local-transaction.ts',
    find: `    await this.transaction.lock(at);
    if (this.transaction.get(at) !== undefined) return false;`,
    replace: '    await this.transaction.lock(at);',
    catcher: { specs: ['libs/persistence/src/memory/branches'] },
  },
  {
    name: "a copy's SQL is kept",
    file: 'libs/participant/src/executors/tcc-prepare.ts',
    find: "    if (first.some((acceptance) => acceptance !== 'fresh')) return null;",
    replace: '',
    catcher: { specs: ['libs/participant/src/handlers-that-name-their-sql'] },
  },
  {
    name: 'acknowledge although the row did not move',
    file: 'libs/participant/src/executors/tcc-decide.ts',
    find: '  if (!(await carriedOut(desk, works.map(moveOf), calls, sent))) return null;',
    replace: '  await carriedOut(desk, works.map(moveOf), calls, sent);',
    catcher: { specs: ['libs/participant/src/commit-goes-along'] },
  },
  {
    name: 'confirm although the row did not move',
    file: 'libs/persistence/src/memory/branches/branch-store.ts',
    find: '      if (moved) await tx.commit();',
    replace: '      await tx.commit();',
    catcher: 'simulation',
  },
  {
    name: 'driver write without its version precondition',
    file: WRITE_ROWS,
    find: 'if (row === undefined || isStale(row.tx, step)) return null;',
    replace: 'if (row === undefined || (step.decide !== null && isStale(row.tx, step))) return null;',
    catcher: 'simulation',
  },
  {
    name: 'Kafka offset committed before the database',
    file: 'libs/messaging/src/delivery-loop.ts',
    find: '      return (await handler(batch)) ?? [];',
    replace: '      this.#options.source.recorded(batch);\n      return (await handler(batch)) ?? [];',
    catcher: { specs: ['libs/messaging/src/delivery-loop'] },
  },
  {
    name: 'compensations in forward order',
    file: 'libs/protocol/src/saga-order.ts',
    find: '    .filter((step) => successors(drive, step).every((next) => !maybeSent(drive, next) || undone(drive, next)))',
    replace:
      '    .filter((step) => step.after.every((id) => undone(drive, drive.tx.branches.find((one) => one.id === id)!)))',
    catcher: 'simulation',
  },
  {
    name: 'compensating a step that never ran',
    file: 'libs/participant/src/executors/saga-compensate.ts',
    find: '      moves.flatMap(({ moved, row }) => (moved ? callOf(desk, row!) : [])),',
    replace: `      moves.flatMap(({ moved, row }, index) => {
        if (moved) return callOf(desk, row!);
        const { key, command } = works[index]!;
        const step = desk.catalog.find(command.operation)?.saga?.compensate;
        if (row !== null || !step) return [];
        const payload = { key: 'k0', amount: 1, act: 'work' };
        return [{ key, operation: command.operation, step, payload, output: null, deadlineMs: Infinity }];
      }),`,
    catcher: 'simulation',
  },
  {
    name: 'counting votes instead of a set',
    file: 'libs/protocol/src/two-phase.ts',
    find: `  const voted: Drive = { ...drive, votes: { ...drive.votes, [branch.id]: held } };
  if (event.vote === Vote.No) return decideAbort(voted, refusal(held));
  return tx.branches.every((one) => one.id in voted.votes)`,
    replace: `  const count = Object.keys(drive.votes).length;
  const place = branch.id in drive.votes ? branch.id + '#' + count : branch.id;
  const voted: Drive = { ...drive, votes: { ...drive.votes, [place]: held } };
  if (event.vote === Vote.No) return decideAbort(voted, refusal(held));
  return count + 1 >= tx.branches.length`,
    catcher: 'simulation',
  },
  {
    name: 'an ambiguous decision write taken as abort',
    file: STEPPER,
    find: '      this.journal.doubt(planned.map(({ work }) => work.gtx));\n      return null;',
    replace: `      const undecided = planned.filter(({ transition }) => transition.change.decide?.decision === Decision.Commit);
      await this.relay.send(undecided.map((one) => this.durable(one.entry, one.entry.drive.tx.branches.map((branch) => ({ type: 'ABORT' as const, gtx: one.work.gtx, attempt: one.entry.drive.tx.attempt, branch: branch.id, participant: branch.participant })), [])));
      this.journal.doubt(planned.map(({ work }) => work.gtx));
      return null;`,
    catcher: 'simulation',
  },
  {
    name: 'process clock in stored times',
    file: 'libs/persistence/src/memory/ledger/memory-ledger.ts',
    find: '    return this.options.clock.wallMs();',
    replace: '    return Date.now();',
    catcher: { specs: ['libs/persistence/src/memory/ledger'] },
  },
  {
    name: 'votes accepted from any participant',
    file: 'libs/protocol/src/step.ts',
    find: '  if (branch.participant !== event.participant) {',
    replace: "  if (event.type !== 'vote' && branch.participant !== event.participant) {",
    catcher: { specs: ['libs/protocol/src/two-phase'] },
  },
  {
    name: 'closing before all acks',
    file: 'libs/protocol/src/settle.ts',
    find: '  if (!drive.tx.branches.every((branch) => settled(knownState(drive, attempt, branch.id)))) return null;',
    replace:
      '  if (!drive.tx.branches.some((branch) => settled(knownState(drive, attempt, branch.id)))) return null;',
    catcher: 'simulation',
  },
  {
    name: 'inquiry answered from absence',
    file: 'libs/coordination/src/recovery/inquiries.ts',
    // Nothing is planted, and nothing is found.
    find: '  if (absent.length > 0) {',
    replace:
      "  if (absent.length > 0) return inquiries.map((inquiry) => ({ inquiry, answer: 'ABORT' as const, stored: null }));\n  if (absent.length > 0) {",
    catcher: 'simulation',
  },
  {
    name: 'outcome looked up by gtx alone',
    file: 'libs/participant/src/runtime/outcome-reader.ts',
    find: 'key.gtx === gtx && key.attempt === attempt',
    replace: 'key.gtx === gtx',
    catcher: { specs: ['libs/participant/src/runtime/in-doubt'] },
  },
  {
    name: 'gid without participant scope',
    file: 'libs/protocol/src/gid.ts',
    find: '  return `concordat:${gid.participant}:${gid.gtx}:${gid.attempt}:${gid.branch}`;',
    replace: '  return `concordat:p:${gid.gtx}:${gid.attempt}:${gid.branch}`;',
    catcher: 'simulation',
  },
];
