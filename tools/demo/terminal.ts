import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';

const TICK_MS = 250;
const READING_MS = 2_500;
const INDENT = '   ';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** What the reader sees: acts, what happens in them while it happens, and tables. */
export class Terminal {
  private acts = 0;
  private muted = false;

  /** @param fast no pauses for reading */
  constructor(
    private readonly fast: boolean,
    private readonly out: NodeJS.WriteStream,
  ) {}

  /** The story was interrupted: what its acts still say is no news. */
  mute(): void {
    this.clear();
    this.muted = true;
  }

  title(text: string): void {
    this.line(pc.bold(text));
  }

  /** A new act; the reader gets time for what stands above. */
  async act(name: string, ...plot: string[]): Promise<void> {
    if (this.acts > 0 && !this.fast) await sleep(READING_MS);
    this.acts += 1;
    this.line('');
    this.line(pc.bold(pc.cyan(`${this.acts}. ${name}`)));
    for (const text of plot) this.line(INDENT + pc.dim(text));
  }

  say(text: string): void {
    this.line(`${INDENT}${text}`.trimEnd());
  }

  good(text: string): void {
    this.line(`${INDENT}${pc.green('✓')} ${text}`);
  }

  bad(text: string): void {
    this.line(`${INDENT}${pc.red('✗')} ${text}`);
  }

  table(lines: readonly string[]): void {
    const [titles = '', ...rows] = lines;
    this.line('');
    this.line(`${INDENT}${INDENT}${pc.underline(titles)}`);
    for (const row of rows) this.line(`${INDENT}${INDENT}${row}`);
  }

  /** Shows that something is under way, and for how long, until `work` is done. */
  async progress<T>(what: string, work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    // It also keeps the program alive: the end of a child, which some acts wait for, does not.
    const ticker = setInterval(() => this.tick(what, startedAt), TICK_MS);
    try {
      const result = await work;
      this.clear();
      this.good(`${what} ${pc.dim(seconds(performance.now() - startedAt))}`);
      return result;
    } catch (error) {
      this.clear();
      this.bad(what);
      throw error;
    } finally {
      clearInterval(ticker);
    }
  }

  private tick(what: string, startedAt: number): void {
    if (!this.out.isTTY || this.muted) return;
    this.clear();
    this.out.write(`${INDENT}… ${what} ${pc.dim(seconds(performance.now() - startedAt))}`);
  }

  private clear(): void {
    if (this.out.isTTY && !this.muted) this.out.write('\r\u001b[K');
  }

  private line(text: string): void {
    if (this.muted) return;
    this.out.write(`${text}\n`);
  }
}
