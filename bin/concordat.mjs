#!/usr/bin/env node
/**
 * Starts one app of Concordat in this very process: no wrapper in between, so that a signal sent to the
 * pid reaches the app and `kill -9` of the pid is a crash of the app.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const COMMANDS = {
  coordinator: 'drives transactions; HTTP API on port 7300',
  watchdog: 'recovers what is overdue or in doubt; port 7301',
  orders: 'example service: places orders; port 7310',
  inventory: 'example service: stock; port 7320',
  payments: 'example service: accounts; port 7330',
  dev: 'everything above in one process, with its own PostgreSQL and broker',
  migrate: 'brings the database of DATABASE_URL up to date and exits',
};

const USAGE = `Usage: concordat <command>

Commands:
${Object.entries(COMMANDS)
  .map(([name, what]) => `  ${name.padEnd(12)} ${what}`)
  .join('\n')}

Options:
  -h, --help     show this text
  -v, --version  show the version

Settings come from the environment; see README.md, "Configuration".
`;

function fail(message, exitCode) {
  process.stderr.write(`concordat: ${message}\n`);
  process.exit(exitCode);
}

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/**
 * V8 allocates among the old objects what often outlived a collection. Here that is what a request in flight is made of: it dies
 * with its answer, but stays, and with it all that it points to, until the next full collection. Costs about a tenth of the CPU.
 */
function keepRequestsYoung() {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

async function run(name, argv) {
  if (!Object.hasOwn(COMMANDS, name)) {
    fail(`unknown command "${name}"; one of: ${Object.keys(COMMANDS).join(', ')}`, 2);
  }
  const entry = new URL(`../dist/bundle/${name}.js`, import.meta.url);
  if (!existsSync(entry)) {
    fail(`"${name}" is not built (${entry.pathname} is missing); run \`npm run build\` first`, 3);
  }
  keepRequestsYoung();
  const app = await import(entry.href);
  if (typeof app.main !== 'function') fail(`${entry.pathname} exports no function main`, 3);
  await app.main(argv);
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
} else if (command === '-h' || command === '--help' || command === 'help') {
  process.stdout.write(USAGE);
} else if (command === '-v' || command === '--version') {
  process.stdout.write(`${version()}\n`);
} else {
  // An error of the app itself: its message (a settings error lists every fault) is what the user needs first.
  run(command, rest).catch((error) => {
    fail(process.env.LOG_LEVEL === 'debug' ? error?.stack : (error?.message ?? String(error)), 1);
  });
}
