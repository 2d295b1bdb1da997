import type pg from 'pg';
import type {
  BeginOutcome,
  ClaimOptions,
  CollectedTransaction,
  HeartbeatView,
  InstanceBeat,
  Ledger,
  LedgerState,
  NewDeadLetter,
  NewTransaction,
  ParticipantHello,
  ParticipantRecord,
  StepOutcome,
  StepWrite,
  StoredTransaction,
} from '../../port/ledger.js';
import { LedgerError } from '../../port/ledger.js';
import { firstPerGtx, isGtx, sortedGtxs } from '../../ledger/batch.js';
import { FORGOTTEN_AFTER_MS } from '../../ledger/limits.js';
import { isoOf } from '../../ledger/time.js';
import { runStatement, type OnStatement } from '../run-statement.js';
import { beginBatch } from './begin-batch.js';
import type { TransactionRow } from './columns.js';
import type { RunLedger } from './run.js';
import { claim } from './sql/claim.js';
import { collectGarbage, type CollectedRow } from './sql/collect-garbage.js';
import { collectRefuse } from './sql/collect-refuse.js';
import { commitSteps, type MovedRow } from './sql/commit-steps.js';
import { heartbeat, type InstanceRow } from './sql/heartbeat.js';
import { hello } from './sql/hello.js';
import { load } from './sql/load.js';
import { participants, type ParticipantRow } from './sql/participants.js';
import { ping } from './sql/ping.js';
import { plantTombstones } from './sql/plant-tombstones.js';
import { retire } from './sql/retire.js';
import { state, type StateRow } from './sql/state.js';
import { storeDeadLetters } from './sql/store-dead-letters.js';
import { storedOf } from './stored.js';
import { heartbeatView, participantRecords } from './views.js';

function outcomesOf(
  batch: readonly StepWrite[],
  sent: readonly StepWrite[],
  { at_ms, gtxs }: MovedRow,
): StepOutcome[] {
  const applied: StepOutcome = { kind: 'applied', at: isoOf(at_ms) };
  const written = gtxs && new Set(gtxs);
  const moved = new Set(written ? sent.filter(({ gtx }) => written.has(gtx)) : sent);
  return batch.map((step) => (moved.has(step) ? applied : { kind: 'stale' }));
}

export interface PostgresLedgerOptions {
  /** From `createPool` with LEDGER_SESSION; the ledger owns it from now on and ends it. */
  readonly pool: pg.Pool;
  /** Who signs the tombstones this process plants. */
  readonly instanceId: string;
  /** Told the name of every statement sent. */
  readonly onStatement?: OnStatement;
}

/**
 * The coordinator's ledger on PostgreSQL, by hand with pg: one statement per verb and batch, each its own local transaction.
 *
 * Owns: the rows of schema concordat. Does not own: which step follows which (libs/protocol), retries (callers).
 * Invariants L1–L8 of the port; here besides: every batch touches rows in the order of their gtx.
 */
export class PostgresLedger implements Ledger {
  private readonly run: RunLedger;
  private ended = 0;

  constructor(private readonly options: PostgresLedgerOptions) {
    const onStatement = options.onStatement ?? (() => undefined);
    this.run = (statement) => runStatement(options.pool, statement, onStatement);
    options.pool.on('connect', (client) => client.once('end', () => (this.ended += 1)));
  }

  get sessionsLost(): number {
    return this.ended;
  }

  begin(batch: readonly NewTransaction[]): Promise<readonly BeginOutcome[]> {
    return beginBatch(this.run, batch);
  }

  async load(gtxs: readonly string[]): Promise<readonly StoredTransaction[]> {
    const wanted = sortedGtxs(gtxs);
    if (wanted.length === 0) return [];
    return (await this.run<TransactionRow>(load(wanted))).map(storedOf);
  }

  async commitSteps(batch: readonly StepWrite[]): Promise<readonly StepOutcome[]> {
    if (batch.length === 0) return [];
    const sent = firstPerGtx(batch, ({ gtx }) => gtx).filter(({ gtx }) => isGtx(gtx));
    const [answer] = await this.run<MovedRow>(commitSteps(sent));
    return outcomesOf(batch, sent, answer!);
  }

  async plantTombstones(gtxs: readonly string[], reason: string): Promise<readonly StoredTransaction[]> {
    const wanted = sortedGtxs(gtxs);
    if (wanted.length === 0) return [];
    await this.run(plantTombstones(wanted, reason, this.options.instanceId));
    return this.load(wanted);
  }

  async heartbeat(self: InstanceBeat, deadAfterMs: number): Promise<HeartbeatView> {
    const rows = await this.run<InstanceRow>(heartbeat(self, deadAfterMs, FORGOTTEN_AFTER_MS));
    return heartbeatView(rows, deadAfterMs);
  }

  async retire(instanceId: string): Promise<void> {
    await this.run(retire(instanceId));
  }

  async claim(options: ClaimOptions): Promise<readonly StoredTransaction[]> {
    return (await this.run<TransactionRow>(claim(options))).map(storedOf);
  }

  async hello(batch: readonly ParticipantHello[]): Promise<void> {
    if (batch.length > 0) await this.run(hello(batch));
  }

  async participants(): Promise<readonly ParticipantRecord[]> {
    return participantRecords(await this.run<ParticipantRow>(participants()));
  }

  async state(): Promise<LedgerState & { readonly wallMs: number }> {
    const [row] = await this.run<StateRow>(state());
    if (row === undefined)
      throw new LedgerError('REFUSED', 'state: concordat.ledger_state has no row', false);
    return { epoch: row.epoch, hold: row.hold, wallMs: row.wallMs };
  }

  async storeDeadLetters(batch: readonly NewDeadLetter[]): Promise<void> {
    if (batch.length > 0) await this.run(storeDeadLetters(batch));
  }

  async collectGarbage(options: {
    retentionMs: number;
    limit: number;
  }): Promise<readonly CollectedTransaction[]> {
    const rows = await this.run<CollectedRow>(collectGarbage(options.retentionMs, options.limit));
    await this.run(collectRefuse(options.retentionMs, options.limit, FORGOTTEN_AFTER_MS));
    return rows.map(({ gtx, attempts, branches }) => ({
      gtx,
      attempts: attempts.map(({ attempt }) => attempt),
      branches: branches.map(({ id, participant }) => ({ branch: id, participant })),
    }));
  }

  async ping(): Promise<void> {
    await this.run(ping());
  }

  close(): Promise<void> {
    return this.options.pool.end();
  }
}
