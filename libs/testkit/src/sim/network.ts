import type { Dice } from '../dice.js';
import { never } from './process.js';
import type { SimProcess } from './process.js';
import { CALM } from './weather.js';
import type { Weather } from './weather.js';

/** Who cannot reach what; both ways are cut on their own. */
export type Direction = 'to' | 'from';
export type Place = 'bus' | 'database';

export class Network {
  weather: Weather = CALM;
  /** When the last record that the weather held up arrives: until then its fault goes on. */
  heldUpUntilMs = 0;
  /** When the last partitions of a dead process go to others: until then nobody reads them. */
  unreadUntilMs = 0;
  private readonly cuts = new Set<string>();

  constructor(private readonly dice: Dice) {}

  latencyMs(): number {
    const [low, high] = this.weather.latencyMs;
    return low + (high - low) * this.dice.next();
  }

  cut(name: string, direction: Direction, place: Place): void {
    this.cuts.add(`${name}|${direction}|${place}`);
  }

  mend(name: string, direction: Direction, place: Place): void {
    this.cuts.delete(`${name}|${direction}|${place}`);
  }

  heal(): void {
    this.weather = CALM;
    this.cuts.clear();
  }

  isCut(process: SimProcess, direction: Direction, place: Place): boolean {
    return this.cuts.has(`${process.name}|${direction}|${place}`);
  }
}

/** How long a caller waits for an answer that does not come before its driver gives up. */
const PATIENCE_MS = 3_000;
/** So many answers take their time; meanwhile others run. */
const SLOW_ANSWERS = 0.25;

/**
 * One statement of a process, from the wire to the server and back. `run` is atomic and happens once or not at all; what the caller
 * hears may be something else. `refused` and `lost` make the two errors it may hear.
 */
export class DatabaseLine {
  constructor(
    private readonly process: SimProcess,
    private readonly network: Network,
    private readonly dice: Dice,
    private readonly errors: { refused(): Error; lost(): Error },
  ) {}

  /** Before the statement: resolves when it reaches the server. */
  async ask(): Promise<void> {
    await this.process.sleep(this.network.latencyMs());
    // The weather of now: who died of one that has passed would never be started again.
    const { database } = this.network.weather;
    if (this.dice.chance(database.dieBefore)) return this.die();
    if (this.network.isCut(this.process, 'to', 'database')) return this.timeOut(this.errors.refused());
    if (this.dice.chance(database.refuse)) throw this.errors.refused();
  }

  /** After the statement: resolves when its answer is here. */
  async answer(): Promise<void> {
    const { database } = this.network.weather;
    if (this.dice.chance(database.dieAfter)) return this.die();
    if (this.network.isCut(this.process, 'from', 'database')) return this.timeOut(this.errors.lost());
    const lost = this.dice.chance(database.loseAnswer);
    // Many follow at once: an event each would cost more than it finds.
    if (!this.process.isUp || this.dice.chance(SLOW_ANSWERS))
      await this.process.sleep(this.network.latencyMs());
    if (lost) throw this.errors.lost();
  }

  private async timeOut(error: Error): Promise<never> {
    await this.process.sleep(PATIENCE_MS);
    throw error;
  }

  private die(): Promise<never> {
    this.process.kill();
    return never();
  }
}
