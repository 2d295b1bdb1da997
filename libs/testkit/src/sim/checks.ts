/** The invariants of proof.md over an installation at rest, read from its stores: each returns what is wrong. */
import { TERMINAL, attemptOf, outcomeOf } from '#protocol';
import type { Transaction } from '#protocol';
import { readBusiness } from '#persistence';
import { KnownVerdicts } from '../trace/known-verdicts.js';
import type { JournalEntry, WantedBranch } from './customers.js';
import { NO_MARK, markKey } from './operations.js';
import type { Mark } from './operations.js';
import type { Site } from './site.js';

export interface Findings {
  readonly site: Site;
  readonly journal: readonly JournalEntry[];
  /** Somebody ended prepared work of these by hand. */
  readonly damaged: ReadonlySet<string>;
}

interface StoredBranch {
  readonly gtx: string;
  readonly branch: string;
  readonly attempt: number;
  readonly state: string;
  /** Why it said NO by itself; null where it was told. */
  readonly error: unknown;
}

type Check = (findings: Findings) => readonly string[];

const txOf = ({ site }: Findings, gtx: string): Transaction | undefined => site.ledgerStore.rows.get(gtx)?.tx;

export function branchesOf(site: Site): readonly (StoredBranch & { readonly participant: string })[] {
  return site.shape.participants.flatMap(({ name }) =>
    (site.server(name).database(name).values('branch') as unknown as StoredBranch[]).map((row) => ({
      ...row,
      participant: name,
    })),
  );
}

export function markOf(site: Site, gtx: string, { participant, id }: WantedBranch): Mark {
  const database = site.server(participant).database(participant);
  return (readBusiness(database, markKey(gtx, id)) as unknown as Mark | undefined) ?? NO_MARK;
}

/** States of branch rows that are an effect, and those that are none. */
const EFFECT = new Set(['COMMITTED', 'DONE']);
const NO_EFFECT = new Set(['ABORTED', 'COMPENSATED', 'NULL_COMPENSATED', 'FAILED']);

/** I1: the durable results of all participants agree with the decision of their attempt. */
const atomicOutcome: Check = (findings) =>
  branchesOf(findings.site).flatMap(({ gtx, branch, attempt, state, error }) => {
    if (findings.damaged.has(gtx)) return [];
    const tx = txOf(findings, gtx);
    // A PREPARE of nobody, refused here: nothing was promised and nothing need be asked.
    if (!tx && state === 'ABORTED' && error !== null) return [];
    const decision = tx && attemptOf(tx, attempt)?.decision;
    const where = `${gtx} ${branch}(${attempt}) is ${state}`;
    if (!decision) return [`${where} without a decision`];
    if (decision === 'COMMIT' && NO_EFFECT.has(state)) return [`${where} under COMMIT`];
    if (decision === 'ABORT' && EFFECT.has(state)) return [`${where} under ABORT`];
    return [];
  });

/** I2, I9, I10: nobody was told anything else than what is so. */
const clientTruth: Check = (findings) =>
  findings.journal.flatMap(({ gtx, told, rejected }) => {
    if (rejected) return [];
    const tx = txOf(findings, gtx);
    const is = tx ? outcomeOf(tx) : null;
    return told !== null && told !== is ? [`${gtx}: told ${told}, is ${is ?? 'nothing'}`] : [];
  });

/** I3: every accepted id exists and has ended; one that was refused for good does not exist. */
const nothingLost: Check = (findings) =>
  findings.journal.flatMap(({ gtx, accepted, rejected }) => {
    const tx = txOf(findings, gtx);
    if (rejected)
      return tx && !findings.site.ledgerStore.rows.get(gtx)?.tombstone
        ? [`${gtx}: refused (${rejected}) and there`]
        : [];
    if (!tx) return [`${gtx}: ${accepted ? 'accepted' : 'asked for, never answered'} and unknown`];
    const allowed = TERMINAL.includes(tx.state) || (findings.damaged.has(gtx) && tx.state === 'QUARANTINED');
    return allowed ? [] : [`${gtx}: still ${tx.state}`];
  });

/** I4, I14: nothing is prepared anywhere, as a gid or as a row. */
const nothingPrepared: Check = (findings) => [
  ...findings.site.shape.participants.flatMap(({ name }) => {
    const server = findings.site.server(name);
    return server.preparedIn(server.database(name)).map(({ gid }) => `prepared: ${gid}`);
  }),
  ...branchesOf(findings.site)
    .filter(({ state }) => state === 'PREPARED')
    .map(({ gtx, branch }) => `prepared row: ${gtx} ${branch}`),
];

/** I5: one effect a branch on commit, none on abort, each done and undone at most once; no reservation is left. */
const effectsExactlyOnce: Check = (findings) =>
  findings.journal.flatMap((entry) => {
    if (findings.damaged.has(entry.gtx)) return [];
    const tx = txOf(findings, entry.gtx);
    const committed = tx !== undefined && outcomeOf(tx) === 'committed';
    return entry.branches.flatMap((branch) => {
      const mark = markOf(findings.site, entry.gtx, branch);
      const wanted = committed && branch.payload.act === 'work' ? 1 : 0;
      const fine = mark.effect === wanted && mark.done <= 1 && mark.undone <= 1 && !mark.held;
      return fine ? [] : [`${entry.gtx} ${branch.id}: ${JSON.stringify(mark)}, should have effect ${wanted}`];
    });
  });

/** I6: balances are the sums of the effects. */
const sums: Check = (findings) => {
  const due = new Map<string, number>();
  for (const { gtx, branches } of findings.journal)
    for (const branch of branches) {
      const at = `${branch.participant} ${branch.payload.key}`;
      const { effect } = markOf(findings.site, gtx, branch);
      due.set(at, (due.get(at) ?? 0) + effect * branch.payload.amount);
    }
  return [...due].flatMap(([at, sum]) => {
    const [participant, key] = at.split(' ') as [string, string];
    const is = Number(readBusiness(findings.site.server(participant).database(participant), key) ?? 0);
    return is === sum ? [] : [`${at} is ${is}, the effects sum to ${sum}`];
  });
};

/** I7: steps ran in the order of the plan; compensations in the reverse one, and only of what had run. */
const sagaOrder: Check = (findings) =>
  findings.journal.flatMap(({ gtx, branches }) => {
    const tx = txOf(findings, gtx);
    if (!tx || tx.attempts.at(-1)?.mode !== 'saga') return [];
    const marks = new Map(branches.map((branch) => [branch.id, markOf(findings.site, gtx, branch)]));
    return tx.branches.flatMap(({ id, after }) =>
      after.flatMap((first) => outOfOrder(gtx, first, id, marks)),
    );
  });

function outOfOrder(
  gtx: string,
  first: string,
  second: string,
  marks: ReadonlyMap<string, Mark>,
): readonly string[] {
  const [a, b] = [marks.get(first) ?? NO_MARK, marks.get(second) ?? NO_MARK];
  const wrong: string[] = [];
  if (a.doneAt !== null && b.doneAt !== null && a.doneAt > b.doneAt)
    wrong.push(`${gtx}: ${second} ran before ${first}`);
  if (a.undoneAt !== null && b.undoneAt !== null && a.undoneAt < b.undoneAt)
    wrong.push(`${gtx}: ${first} was compensated before ${second}`);
  if (a.undoneAt !== null && b.done > b.undone)
    wrong.push(`${gtx}: ${first} was compensated, ${second} stands`);
  return wrong;
}

/** Nothing is closed before every branch has acknowledged. */
const closedComplete: Check = ({ site }) =>
  [...site.ledgerStore.rows.values()].flatMap(({ tx }) => {
    if (tx.state !== 'COMMITTED' && tx.state !== 'ABORTED') return [];
    const open = tx.branches.filter(
      ({ id }) =>
        !tx.results.some((one) => one.branch === id && one.attempt === tx.attempt && one.state !== 'PENDING'),
    );
    return open.map(({ id }) => `${tx.gtx} is ${tx.state}, ${id} has not acknowledged`);
  });

/** I11 of ordinary traffic: nothing the system says itself is refused by itself. */
const nobodyRefused: Check = ({ site }) => {
  const letters = [...site.ledgerStore.deadLetters.values()];
  return letters.map(({ topic, reason, detail }) => `dead letter of ${topic}: ${reason} (${detail})`);
};

const verdicts = new KnownVerdicts();

/** I13: what was written, in the order in which it was, is a behaviour of the public specification (which knows no damage). */
const traceAccepted: Check = ({ site, damaged }) =>
  [...site.ledgerStore.rows.keys()].flatMap((gtx) => {
    if (damaged.has(gtx)) return [];
    const verdict = verdicts.of(site.recorder.historyOf(gtx));
    return verdict.kind === 'rejected' ? [`${gtx}: ${verdict.reason}`] : [];
  });

/** Damage by hand is shown: a COMMIT that found nothing quarantines. */
const damageShown: Check = (findings) => {
  const lost = branchesOf(findings.site).filter(({ state }) => state === 'LOST');
  return [...new Set(lost.map(({ gtx }) => gtx))]
    .filter((gtx) => findings.damaged.has(gtx) && txOf(findings, gtx)?.heuristic === 'none')
    .map((gtx) => `${gtx}: a branch is LOST and nobody says so`);
};

export const CHECKS: Readonly<Record<string, Check>> = {
  'I1 atomic outcome': atomicOutcome,
  'I2 I9 I10 client truth': clientTruth,
  'I3 nothing lost': nothingLost,
  'I4 I14 nothing prepared': nothingPrepared,
  'I5 effects exactly once': effectsExactlyOnce,
  'I6 sums': sums,
  'I7 saga order': sagaOrder,
  'closed complete': closedComplete,
  'I11 nobody refused': nobodyRefused,
  'I13 trace': traceAccepted,
  'damage is shown': damageShown,
};

export function violations(findings: Findings): readonly string[] {
  return Object.entries(CHECKS).flatMap(([name, check]) => check(findings).map((what) => `${name}: ${what}`));
}
