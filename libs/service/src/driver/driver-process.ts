import { hostname } from 'node:os';
import { DEFAULT_OPTIONS, Engine, Opening, WaitingWork } from '#coordination';
import type { EngineDeps, EngineOptions, LateAdmin, OpeningStep } from '#coordination';
import type { Bus } from '#messaging';
import { LedgerError, migrateCoordinator, type Ledger } from '#persistence';
import { topicNames, topicPolicies, type Topics } from '#wire';
import type { Config } from '../config/config.js';
import type { ReadinessCheck } from '../http/readiness.js';
import type { AppObservability } from '../observability.js';
import { ledgerParts, type LedgerParts } from './ledger-parts.js';

/** Work beside the engine that begins when the process is open and ends before the engine does. */
export interface Companion {
  start(): void;
  stop(): Promise<void>;
}

/** How long an engine may take to bring its transactions to an end; the others take over what is left. */
const ENGINE_DRAIN_MS = 5_000;

/**
 * What a coordinator and a watchdog have in common: a ledger, a bus, an engine, and the order in which they begin and end.
 *
 * Owns: engine, ledger connections, the bus it was given. Does not own: HTTP, requests. Called by the apps' composition.
 *  D1 `open` never fails: what is away is waited for, `hindrance` says what.
 *  D2 `close` ends in the order companions, engine, bus, ledger, and hands over to others what was not finished.
 */
export class DriverProcess {
  readonly topics: Topics;
  readonly ledger: Ledger;
  readonly admin: LateAdmin;
  readonly engine: Engine;
  readonly options: EngineOptions;
  readonly deps: EngineDeps;
  readonly waitingWork: WaitingWork;
  readonly checks: readonly ReadinessCheck[];
  private readonly parts: LedgerParts;
  private readonly opening: Opening;
  private readonly identity;
  private readonly companions: Companion[];
  private engineStarted = false;

  constructor(
    readonly config: Config,
    readonly bus: Bus,
    observability: AppObservability,
  ) {
    const { log, clock, random, metrics, faultPoints: faults } = observability;
    this.parts = ledgerParts(config, log);
    this.ledger = this.parts.ledger;
    this.admin = this.parts.admin;
    this.topics = topicNames(config.topicPrefix);
    this.deps = { ledger: this.ledger, bus, topics: this.topics, clock, random, log, metrics, faults };
    this.options = engineOptions(config);
    const role = config.app === 'watchdog' ? ('watchdog' as const) : ('coordinator' as const);
    this.identity = { instanceId: config.instanceId, role, url: null as string | null };
    this.engine = new Engine(this.deps, this.identity, this.options);
    this.waitingWork = new WaitingWork(this.admin, this.deps, config.scanIntervalMs);
    this.companions = [this.waitingWork];
    this.opening = new Opening(this.openingSteps(), this.deps);
    this.checks = [...this.parts.checks, ...this.busChecks()];
  }

  /** Before `open`. */
  accompany(companion: Companion): void {
    this.companions.push(companion);
  }

  /** Begins to open, in the background. `url`: where this instance answers; operators find it in `GET /v1/instances`. */
  open(url: string): void {
    this.identity.url = reachableUrl(url, this.config.host);
    this.opening.start();
  }

  /** What is still missing, in words; null once the engine runs. */
  get hindrance(): string | null {
    return this.opening.hindrance;
  }

  /** Ends everything in order. Idempotent parts; never leaves a transaction to nobody. */
  async close(): Promise<void> {
    await this.opening.stop();
    await Promise.all(this.companions.map((companion) => companion.stop()));
    await this.stopEngine();
    await this.bus.close();
    await this.parts.close();
  }

  private openingSteps(): readonly OpeningStep[] {
    const { databaseUrl, partitions, replication } = this.config;
    const policies = topicPolicies(this.topics, { partitions, replication });
    return [
      { name: 'database', run: () => migrateCoordinator(databaseUrl) },
      { name: 'topics', run: () => this.bus.ensureTopics(policies) },
      { name: 'engine', run: () => this.startEngine() },
      { name: 'companions', run: async () => this.companions.forEach((companion) => companion.start()) },
    ];
  }

  private busChecks(): readonly ReadinessCheck[] {
    return [
      {
        name: 'broker',
        check: async () => {
          const { ok, detail } = await this.bus.health();
          if (!ok) throw new Error(detail);
        },
      },
      {
        name: 'topics',
        check: async () => {
          if (this.hindrance !== null) throw new Error(this.hindrance);
          if (!this.engine.subscribed) throw new Error('no partition of the replies topic is assigned yet');
        },
      },
    ];
  }

  private startEngine(): Promise<void> {
    this.engineStarted = true;
    return this.engine.start();
  }

  /** A ledger that is away cannot be told that this instance goes: the others notice that it is silent. */
  private async stopEngine(): Promise<void> {
    // One that never beat has nothing to hand over; a living process of the same name must not be robbed.
    if (!this.engineStarted) return;
    try {
      await this.engine.stop(Math.min(ENGINE_DRAIN_MS, this.config.drainTimeoutMs / 2));
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      this.deps.log.warn({ err: error }, 'stopped without telling the ledger; the others take over');
    }
  }
}

function engineOptions({ prepareTimeoutMs, sagaTimeoutMs, scanIntervalMs }: Config): EngineOptions {
  return { ...DEFAULT_OPTIONS, prepareTimeoutMs, sagaTimeoutMs, scanIntervalMs };
}

/** Who listens on every interface is reached by the name of its host. */
function reachableUrl(url: string, host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return url;
  const reachable = new URL(url);
  reachable.hostname = hostname();
  return reachable.origin;
}
