import pc from 'picocolors';

const PREFIX_WIDTH = 11;
const COLORS = [pc.cyan, pc.green, pc.yellow, pc.magenta, pc.blue];

/** Prints each line behind the name of who said it, one colour per name. */
export class Terminal {
  private readonly colorOf = new Map<string, (text: string) => string>();

  /** A line of one of the apps. */
  app(name: string, line: string): void {
    let color = this.colorOf.get(name);
    if (color === undefined) {
      color = COLORS[this.colorOf.size % COLORS.length] ?? pc.white;
      this.colorOf.set(name, color);
    }
    this.print(color(name.padEnd(PREFIX_WIDTH)), line);
  }

  /** A line of the launcher itself. */
  stack(text: string): void {
    for (const line of text.split('\n')) this.print(pc.bold('stack'.padEnd(PREFIX_WIDTH)), line);
  }

  private print(prefix: string, line: string): void {
    process.stdout.write(`${prefix} ${pc.dim('|')} ${line}\n`);
  }
}
