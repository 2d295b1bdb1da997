/*
 * `npm run demo`: the story of a commit, a refusal, a fallback and a crash, told on the terminal by a real system:
 * real Kafka and PostgreSQL, every app a process of its own. `--fast` leaves out the pauses for reading.
 * Exit code 0 when the system did what the story says, else 1; nothing is left behind.
 */
import process from 'node:process';

import { commit } from './story/commit.js';
import { crash } from './story/crash.js';
import { ending } from './story/ending.js';
import { fallback } from './story/fallback.js';
import { refusal } from './story/refusal.js';
import { Shop } from './shop.js';
import { Terminal } from './terminal.js';
import { Stage } from './world.js';

const USAGE = 'Usage: npm run demo [-- --fast]\n';

async function tell(terminal: Terminal, stage: Stage): Promise<void> {
  terminal.title('Concordat: one transaction over several databases, whatever dies meanwhile');
  const world = await stage.open();
  const shop = new Shop(world);
  await shop.open();
  terminal.good("100 teas in stock, 100.00 on alice's account");
  await commit(terminal, shop);
  await refusal(terminal, shop);
  await fallback(terminal, world, shop);
  await crash(terminal, world, shop);
  await ending(terminal, world);
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** npm and the terminal both pass a Ctrl-C on; only a later one means "now". */
const SECOND_SIGNAL_AFTER_MS = 1_000;

/** A signal ends the story: resolves with the exit code a shell expects. A second one ends the program at once. */
function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        if (performance.now() - firstAt > SECOND_SIGNAL_AFTER_MS) process.exit(exitCode);
        resolve(exitCode);
      });
    }
  });
}

/** What goes wrong after an interruption is its consequence, and nobody's news. */
async function run(terminal: Terminal, stage: Stage, ending: AbortSignal): Promise<number> {
  try {
    await tell(terminal, stage);
    return 0;
  } catch (error) {
    if (ending.aborted) return 1;
    terminal.bad(error instanceof Error ? error.message : String(error));
    process.stderr.write(`\n${stage.logTails()}\n`);
    return 1;
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--fast')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const fast = args.includes('--fast');
  const terminal = new Terminal(fast, process.stdout);
  const stage = new Stage(terminal);
  const ending = new AbortController();
  const exitCode = await Promise.race([run(terminal, stage, ending.signal), interrupted()]);
  ending.abort();
  terminal.mute();
  await new Terminal(fast, process.stdout).progress('stopping everything', stage.close());
  return exitCode;
}

process.exit(await main(process.argv.slice(2)));
