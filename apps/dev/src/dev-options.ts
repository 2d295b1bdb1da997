import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

export interface DevOptions {
  /** Where databases live; kept between runs. */
  readonly dir: string;
  /** Added to every app's port: two all-in-ones, or tests, side by side. */
  readonly portOffset: number;
}

/** The highest default port is 7330. */
const MAX_OFFSET = 65_535 - 7_330;

/** Reads the arguments of `concordat dev`; ends the process with a usage message when they cannot be understood. */
export function devOptions(argv: readonly string[]): DevOptions {
  const command = new Command('concordat dev')
    .description('Every app in one process, with a PostgreSQL and a broker of its own.')
    .option('--dir <path>', 'where the databases live; kept between runs', '.concordat')
    .option('--port-offset <number>', 'added to every port, for a second one beside the first', offset, 0)
    .parse([...argv], { from: 'user' });
  const { dir, portOffset } = command.opts<DevOptions>();
  return { dir: path.resolve(dir), portOffset };
}

function offset(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Infinity;
  if (value <= MAX_OFFSET) return value;
  throw new InvalidArgumentError(`It must be a number from 0 to ${MAX_OFFSET}.`);
}
