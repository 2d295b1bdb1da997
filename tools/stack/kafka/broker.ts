import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { StackError } from '../errors.js';
import { readIfPresent } from '../files.js';
import { ClassArchive } from '../java/class-archive.js';
import { adoptProcess } from '../processes/adopted.js';
import { spawnChild, type Child } from '../processes/child.js';
import { processIdentity } from '../processes/identity.js';
import { stopAfter, stopBySteps } from '../processes/managed-process.js';
import { waitFor } from '../wait.js';
import { liveBrokers } from './probe.js';
import type { Node } from './properties.js';

/** A random id as Kafka spells them; one that began with `-` would be an option to its tools. */
export function kafkaUuid(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('base64url');
}

/** What all brokers of one cluster share. */
export interface BrokerPlan {
  jars: string;
  javaVersion: string;
  jvm: string[];
  clusterId: string;
}

const FORMAT_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 90_000;
const STOP_STEPS = [{ signal: 'SIGTERM' as const, graceMs: 15_000 }];

/** One broker process: format once, start, wait until it serves, stop, kill. */
export class Broker {
  private child: Child | undefined;
  private readonly classes: ClassArchive;

  constructor(
    readonly node: Node,
    private readonly plan: BrokerPlan,
    private readonly properties: string,
  ) {
    this.classes = new ClassArchive(plan.jars, 'broker', plan.javaVersion);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get runs(): boolean {
    return this.child !== undefined && this.child.exit === undefined;
  }

  get logFile(): string {
    return path.join(this.node.directory, 'broker.log');
  }

  /**
   * Writes the properties and, the first time, the storage format: that of `like`, a broker of the same cluster just formatted
   * and not yet started, with an identity of its own (the tool that formats is a Java program that takes longer than it works).
   */
  async prepare(like?: Broker): Promise<'formatted' | 'kept'> {
    await mkdir(this.node.directory, { recursive: true });
    await this.endOrphan();
    await writeFile(this.propertiesFile, this.properties);
    await rm(this.logFile, { force: true });
    if (existsSync(this.identityFile)) return 'kept';
    if (like === undefined) await this.format();
    else await this.formatLike(like);
    return 'formatted';
  }

  /** Starts the process; it serves only after {@link ready}. */
  async spawn(): Promise<void> {
    const jvm = [...this.plan.jvm, ...this.classes.flags()];
    this.child = await this.java(this.logFile, jvm, 'kafka.Kafka', this.propertiesFile);
    await writeFile(this.pidFile, `${processIdentity(this.child.pid)}\n`);
  }

  /** Resolves when the broker answers and lists itself among the live ones. */
  async ready(): Promise<void> {
    const what = `Kafka broker ${this.node.id} to serve on port ${this.node.clientPort} (log: ${this.logFile})`;
    const look = async (): Promise<true | undefined> => {
      if (this.child?.exit !== undefined) {
        throw new StackError(`Kafka broker ${this.node.id} ended at start:\n${this.child.logTail()}`, '');
      }
      return (await liveBrokers(this.node.clientPort)).includes(this.node.id) ? true : undefined;
    };
    await waitFor(look, { what, timeoutMs: READY_TIMEOUT_MS, intervalMs: 100 });
  }

  async stop(): Promise<void> {
    if (this.child !== undefined) await this.classes.keep(await stopBySteps(this.child, STOP_STEPS));
    await rm(this.pidFile, { force: true });
  }

  async kill9(): Promise<void> {
    if (this.child !== undefined) await stopBySteps(this.child, []);
  }

  signal(name: NodeJS.Signals): void {
    this.child?.signal(name);
  }

  private get dataDirectory(): string {
    return path.join(this.node.directory, 'data');
  }

  private get identityFile(): string {
    return path.join(this.dataDirectory, 'meta.properties');
  }

  private get propertiesFile(): string {
    return path.join(this.node.directory, 'server.properties');
  }

  private get pidFile(): string {
    return path.join(this.node.directory, 'broker.pid');
  }

  /** A broker whose starter was killed holds the lock of the data directory; it belongs to nobody else. */
  private async endOrphan(): Promise<void> {
    const identity = readIfPresent(this.pidFile)?.trim();
    if (identity === undefined) return;
    const pid = Number.parseInt(identity, 10);
    if (processIdentity(pid) === identity) await stopBySteps(adoptProcess(pid, 'KILL'), STOP_STEPS);
  }

  private async format(): Promise<void> {
    const log = path.join(this.node.directory, 'format.log');
    const args = ['format', '--cluster-id', this.plan.clusterId, '--config', this.propertiesFile];
    const classes = new ClassArchive(this.plan.jars, 'format', this.plan.javaVersion);
    const jvm = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...classes.flags()];
    const child = await this.java(log, jvm, 'kafka.tools.StorageTool', ...args);
    const exit = await stopAfter(child, FORMAT_TIMEOUT_MS);
    await classes.keep(exit);
    if (exit.code !== 0)
      throw new StackError(
        `The storage of broker ${this.node.id} was not formatted:\n${child.logTail()}`,
        '',
      );
  }

  private async formatLike(like: Broker): Promise<void> {
    const target = `${this.dataDirectory}.new`;
    await rm(target, { recursive: true, force: true });
    await cp(like.dataDirectory, target, { recursive: true });
    const own = { 'node.id': this.node.id, 'directory.id': kafkaUuid() };
    const identity = await readFile(like.identityFile, 'utf8');
    const changed = Object.entries(own).reduce(
      (text, [name, value]) => text.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`),
      identity,
    );
    await writeFile(path.join(target, 'meta.properties'), changed);
    await rename(target, this.dataDirectory);
  }

  private java(logFile: string, jvm: string[], main: string, ...args: string[]): Promise<Child> {
    return spawnChild({
      command: 'java',
      args: [...jvm, '-cp', path.join(this.plan.jars, '*'), main, ...args],
      env: process.env,
      cwd: this.node.directory,
      output: { file: logFile },
      lastSignal: 'KILL',
    });
  }
}
