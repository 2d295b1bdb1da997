import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MemoryServer, StoreError } from '#persistence';
import type { CommandMessage, ReplyMessage } from '#wire';
import {
  abort,
  action,
  add,
  amountSchema,
  Bench,
  commit,
  compensate,
  GTX,
  prepare,
  readCount,
} from './fixtures/participant.fixture.js';
import { ManualClock } from './fixtures/manual-clock.fixture.js';
import { defineOperation } from './operations/operation.js';
import type { BranchContext } from './operations/branch-context.js';

/**
 * The rules of model/xa_model.py on the real executors: duplicates, reordering, zombies and crashes of several processes, with
 * every database verb and fault point an interleaving point that fast-check chooses. A failure prints a seed that replays it.
 */

const GID = (attempt: number) => `concordat:shop:${GTX}:${attempt}:b1`;
const PROCESSES = 2;
type Decision = 'COMMIT' | 'ABORT' | 'FALLBACK';

class World {
  readonly server = new MemoryServer({ clock: new ManualClock() });
  readonly replies: ReplyMessage[] = [];
  readonly violations: string[] = [];
  private readonly processes: Bench[] = [];
  private readonly dead = new Set<number>();
  /** Called with the first vote. */
  onVote: (reply: ReplyMessage) => void = () => undefined;

  constructor(
    private readonly scheduler: fc.Scheduler,
    /** What this build of the participant offers: it decides which way a COMMIT or ABORT goes. */
    private readonly offered: readonly string[],
  ) {
    for (let index = 0; index < PROCESSES; index += 1) this.processes.push(this.process(index));
  }

  /** Any other step of the world may come between. */
  readonly step = async (label: string): Promise<void> => {
    await this.scheduler.schedule(Promise.resolve(), label);
    this.checkPromises();
  };

  private process(index: number): Bench {
    const slow = (what: string) => ({
      one: async (context: BranchContext<{ amount: number }>) => {
        await add(context, what);
        await this.step(`${index} handler ${what}`);
      },
    });
    const saga = { schema: amountSchema, action: slow('acted'), compensate: slow('compensated') };
    return new Bench({
      server: this.server,
      hook: async (verb, moment) => {
        if (moment === 'before') await this.step(`${index} ${verb}`);
        if (this.dead.has(index)) throw new StoreError('UNAVAILABLE', 'this process is dead', true, null);
      },
      at: (point) => this.step(`${index} ${point}`),
      onReply: (reply) => this.hear(index, reply),
      operations: [
        defineOperation({ name: 'charge', xa: { schema: amountSchema, work: slow('worked') }, saga }),
        defineOperation({
          name: 'reserve',
          tcc: {
            schema: amountSchema,
            try: slow('worked'),
            confirm: slow('confirmed'),
            cancel: slow('cancelled'),
          },
          saga,
        }),
      ].filter(({ name }) => this.offered.includes(name)),
    });
  }

  private hear(index: number, reply: ReplyMessage): void {
    if (this.dead.has(index)) return;
    this.replies.push(reply);
    if (reply.type === 'VOTE') this.onVote(reply);
    this.checkPromises();
  }

  /** After ACK(ABORTED) of attempt 1, or any RESULT of attempt 2, attempt 1 is never prepared here again. */
  private checkPromises(): void {
    const ended = this.replies.find(
      (reply) =>
        (reply.type === 'ACK' && reply.state === 'ABORTED') ||
        (reply.type === 'RESULT' && reply.attempt === 2 && reply.result !== 'RETRY'),
    );
    if (ended && this.prepared(1))
      this.violations.push(`prepared although ${JSON.stringify(ended)} was said`);
  }

  async deliver(index: number, command: CommandMessage): Promise<void> {
    await this.step(`deliver ${command.type}(${command.attempt}) to ${index}`);
    if (this.dead.has(index)) return;
    // A command that is not held comes again; here that is another copy of it.
    await this.processes[index]!.take(command).catch(() => undefined);
  }

  prepare(operation: string, { index, budgetMs }: { index: number; budgetMs: number }): Promise<void> {
    return this.deliver(index, prepare(operation, { budgetMs }));
  }

  async crash(index: number): Promise<void> {
    await this.step(`crash ${index}`);
    this.dead.add(index);
    this.processes[index]!.store.crash();
  }

  /** A process that nobody disturbs, after everything. */
  async heal(...commands: CommandMessage[]): Promise<ReplyMessage[]> {
    this.processes.forEach((process, index) => (this.dead.add(index), process.store.crash()));
    const healer = new Bench({ server: this.server, operations: this.processes[0]!.operations });
    return this.scheduler.waitFor(healer.send(...commands));
  }

  /** By gid, or by a row as everybody sees it. */
  prepared(attempt: number): boolean {
    const database = this.server.database('shop');
    const row = database.read(`branch|${GTX}/b1/${attempt}`) as { state: string } | undefined;
    return (
      row?.state === 'PREPARED' || this.server.preparedIn(database).some(({ gid }) => gid === GID(attempt))
    );
  }

  count(what: string): number {
    return readCount(this.server, what);
  }
}

const anyProcess = fc.nat(PROCESSES - 1);
const copies = fc.array(anyProcess, { minLength: 1, maxLength: 3 });
const crashes = fc.array(anyProcess, { maxLength: 1 });
const seldom = fc.nat(4).map((n) => n === 4);
const BOTH = ['charge', 'reserve'];
const operations = fc.constantFrom(...BOTH);

const aPrepare = fc.record({ index: anyProcess, budgetMs: fc.constantFrom(0, 5_000, 5_000) });

/** One branch, one write-once decision: COMMIT only after a YES; every message in several copies, at any time, to any process. */
const runs = fc.record({
  operation: operations,
  prepares: fc.array(aPrepare, { minLength: 1, maxLength: 3 }),
  late: fc.array(aPrepare, { maxLength: 2 }),
  decisions: copies,
  steps: copies,
  wish: fc.constantFrom<Decision>('COMMIT', 'COMMIT', 'ABORT', 'FALLBACK'),
  impatient: seldom,
  crashes,
});

type Run = typeof runs extends fc.Arbitrary<infer R> ? R : never;

async function play(world: World, scheduler: fc.Scheduler, run: Run): Promise<Decision> {
  const { operation, prepares, late, decisions, steps, wish, impatient } = run;
  let decide!: (decision: Decision) => void;
  const decided = new Promise<Decision>((resolve) => (decide = resolve));
  const notCommit = wish === 'COMMIT' ? 'ABORT' : wish;
  world.onVote = (vote) => decide('vote' in vote && vote.vote === 'YES' ? wish : notCommit);
  const asked = Promise.all(prepares.map((copy) => world.prepare(operation, copy)));
  // Impatient: the deadline passes while the prepares are under way.
  if (impatient) decide(notCommit);
  void asked.then(() => decide(notCommit));
  const afterwards = decided.then(async (decision) => {
    const second = decision === 'COMMIT' ? commit() : abort();
    const acts = decision === 'FALLBACK' ? steps : [];
    await Promise.all([
      ...decisions.map((index) => world.deliver(index, second)),
      ...acts.map((index) => world.deliver(index, action(operation, { attempt: 2 }))),
      ...late.map((copy) => world.prepare(operation, copy)),
    ]);
  });
  const deaths = run.crashes.map((index) => world.crash(index));
  await scheduler.waitFor(Promise.all([asked, afterwards, ...deaths]));
  return decided;
}

describe('over every interleaving of copies, zombies and crashes', () => {
  it('a branch ends as decided, with its effect exactly once or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), runs, fc.boolean(), async (scheduler, run, both) => {
        const offers = both ? BOTH : [run.operation];
        const world = new World(scheduler, offers);
        const decision = await play(world, scheduler, run);

        const second = decision === 'COMMIT' ? commit() : abort();
        if (decision === 'FALLBACK') await world.heal(action(run.operation, { attempt: 2 }));
        const last = await world.heal(second);
        await world.heal(prepare(run.operation));

        expect(world.violations).toEqual([]);
        expect(world.prepared(1)).toBe(false);
        expect(world.replies.filter((reply) => reply.type === 'ACK' && reply.state === 'LOST')).toEqual([]);
        expect(last).toMatchObject([{ type: 'ACK', state: decision === 'COMMIT' ? 'COMMITTED' : 'ABORTED' }]);
        const worked =
          run.operation === 'charge'
            ? world.count('worked')
            : world.count('worked') - world.count('cancelled');
        expect(worked).toBe(decision === 'COMMIT' ? 1 : 0);
        if (run.operation === 'reserve') expect(world.count('confirmed')).toBe(decision === 'COMMIT' ? 1 : 0);
        expect(world.count('acted')).toBe(decision === 'FALLBACK' ? 1 : 0);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('an action and its compensation have their effect at most once each, and never a hanging action', async () => {
    const sagas = fc.record({ operation: operations, acts: copies, undoes: copies, crashes });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        sagas,
        async (scheduler, { operation, acts, undoes, crashes: deaths }) => {
          const world = new World(scheduler, BOTH);
          await scheduler.waitFor(
            Promise.all([
              ...acts.map((index) => world.deliver(index, action(operation))),
              ...undoes.map((index) => world.deliver(index, compensate(operation))),
              ...deaths.map((index) => world.crash(index)),
            ]),
          );
          const undone = await world.heal(compensate(operation));
          const late = await world.heal(action(operation));

          expect(world.count('acted')).toBeLessThanOrEqual(1);
          expect(world.count('compensated')).toBe(world.count('acted'));
          const state = world.count('acted') === 1 ? 'COMPENSATED' : 'NULL_COMPENSATED';
          expect(undone).toMatchObject([{ result: 'DONE', state }]);
          expect(late).toMatchObject([{ phase: 'ACTION', state }]);
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);
});
