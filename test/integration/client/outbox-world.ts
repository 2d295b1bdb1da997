import path from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createConcordatClient, type ConcordatClient, type OutboxOptions } from '#client';
import { createEmbeddedBroker, type Bus, type IncomingRecord } from '#messaging';
import { RecordingLog, type FaultPoint, type FaultPoints } from '#observability';
import { createPostgresOutboxStore, migrateParticipant, type OutboxStore } from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { decodeRequest, encodeInitiator, topicNames, topicPolicies, type InitiatorMessage } from '#wire';

export const TOPICS = topicNames('concordat');
const SHOP = 'shop';

/** How the coordinator that the test plays answers a BEGIN; null: not at all. */
export type Answering = (gtx: string, nth: number) => readonly Letter[];
export type Letter =
  | { readonly type: 'ACCEPTED' }
  | { readonly type: 'REJECTED'; readonly code: string; readonly detail: string }
  | { readonly type: 'OUTCOME'; readonly outcome: 'committed' | 'aborted'; readonly reason: string | null };

export const ACCEPTED: Letter = { type: 'ACCEPTED' };
export const COMMITTED: Letter = { type: 'OUTCOME', outcome: 'committed', reason: null };

interface ProcessOptions {
  readonly faults?: FaultPoints;
  readonly outbox?: Partial<OutboxOptions>;
}

/** A real database with an outbox and a business table, the embedded broker, and a coordinator played by the test. */
export class OutboxWorld {
  readonly broker = createEmbeddedBroker();
  readonly log = new RecordingLog();
  /** Every BEGIN that came, in order. */
  readonly begun: string[] = [];
  answering: Answering = () => [];
  /** Connections of the application. */
  readonly pool: pg.Pool;
  readonly source: DataSource;
  private readonly bus: Bus;
  private readonly hanging: (() => void)[] = [];
  private readonly clients = new Map<ConcordatClient, OutboxStore>();

  private constructor(
    private readonly directory: TemporaryDirectory,
    private readonly postgres: Postgres,
  ) {
    const url = postgres.url(SHOP);
    this.pool = new pg.Pool({ connectionString: url });
    this.source = new DataSource({ type: 'postgres', url });
    this.bus = this.broker.connect('coordinator');
  }

  static async open(): Promise<OutboxWorld> {
    const directory = await temporaryDirectory('outbox');
    const dataDir = path.join(directory.path, 'data');
    const world = new OutboxWorld(directory, await startPostgres({ dataDir, databases: [SHOP] }));
    await migrateParticipant(world.postgres.url(SHOP));
    await world.pool.query('CREATE TABLE business (gtx uuid PRIMARY KEY)');
    await world.source.initialize();
    await world.play();
    return world;
  }

  /** A process of the initiator. Crash it by `abandon`; the others are stopped by `reset`. */
  process({ faults, outbox = {} }: ProcessOptions = {}): ConcordatClient {
    const store = createPostgresOutboxStore({ url: this.postgres.url(SHOP), log: this.log });
    const client = createConcordatClient({
      ...{ initiator: SHOP, log: this.log, outboxStore: store, outbox },
      ...(faults ? { faults } : {}),
      bus: this.broker.connect('shop'),
    });
    this.clients.set(client, store);
    return client;
  }

  /** Business row and request in one local transaction. */
  async place(client: ConcordatClient, options: { key?: string; rollback?: boolean } = {}): Promise<string> {
    const { key, rollback = false } = options;
    const connection = await this.pool.connect();
    await connection.query('BEGIN');
    const gtx = await client.outbox.enqueue(connection, REQUEST, key === undefined ? {} : { key });
    await connection.query('INSERT INTO business VALUES ($1)', [gtx]);
    await connection.query(rollback ? 'ROLLBACK' : 'COMMIT');
    connection.release();
    return gtx;
  }

  /** Stops a process at a fault point for good; `reached` resolves when it got there. `reset` lets it end. */
  stuckAt(point: FaultPoint): { faults: FaultPoints; reached: Promise<void> } {
    let arrive = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const stuck = this.hang();
    const reach = (name: FaultPoint): Promise<void> | undefined => {
      if (name !== point) return undefined;
      arrive();
      return stuck();
    };
    return { faults: { armed: point, reach }, reached };
  }

  /** Something that never ends, until `reset`. */
  hang(): () => Promise<void> {
    return () =>
      new Promise<void>((_, reject) => this.hanging.push(() => reject(new Error('the process is dead'))));
  }

  async say(gtx: string, ...letters: readonly Letter[]): Promise<void> {
    const records = letters.map((letter) =>
      encodeInitiator({ ...letter, gtx, initiator: SHOP } as InitiatorMessage),
    );
    await this.bus.publish(records.map((record) => ({ topic: TOPICS.initiator(SHOP), ...record })));
  }

  async states(): Promise<Record<string, number>> {
    const { rows } = await this.pool.query(
      'SELECT state, count(*)::int FROM concordat.outbox GROUP BY state',
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** Ends the processes of a test and empties the tables. */
  async reset(): Promise<void> {
    for (const end of this.hanging.splice(0)) end();
    for (const [client, store] of this.clients) {
      await client.stop();
      await store.close();
    }
    this.clients.clear();
    this.answering = () => [];
    this.begun.length = 0;
    await this.pool.query('TRUNCATE concordat.outbox, business');
  }

  async close(): Promise<void> {
    await this.reset();
    await this.bus.close();
    await this.source.destroy();
    await this.pool.end();
    await this.postgres.stop('immediate');
    await this.directory.remove();
  }

  private async play(): Promise<void> {
    await this.bus.ensureTopics(topicPolicies(TOPICS, { partitions: 3, replication: 1, initiators: [SHOP] }));
    await this.bus.subscribe({
      topics: [TOPICS.requests],
      group: 'coordinator',
      from: 'earliest',
      handler: async (batch) => {
        for (const record of batch) await this.hear(record);
      },
    });
  }

  private async hear(record: IncomingRecord): Promise<void> {
    const decoded = decodeRequest(record);
    if (!decoded.ok) throw new Error(`not a request: ${decoded.detail}`);
    const { gtx } = decoded.message;
    this.begun.push(gtx);
    const nth = this.begun.filter((one) => one === gtx).length;
    await this.say(gtx, ...this.answering(gtx, nth));
  }
}

export const REQUEST = { businessKey: 'order-1', branches: [{ id: 'a', participant: 'p', operation: 'o' }] };
