import { LogLevel, createLog } from '#observability';
import { guardProcess } from '#service';
import { AllInOne } from './all-in-one.js';
import { devOptions } from './dev-options.js';
import { welcome } from './welcome.js';

/** `concordat dev`: everything in this process, until a signal ends it. */
export async function main(argv: readonly string[] = []): Promise<void> {
  const options = devOptions(argv);
  const level = Object.values(LogLevel).find((known) => known === process.env['LOG_LEVEL']) ?? LogLevel.Info;
  const log = createLog({ level, name: 'dev', instance: 'dev', format: 'pretty' });
  const all = new AllInOne(options, log);
  guardProcess(log, () => all.stop());
  try {
    await all.start();
  } catch (error) {
    // Whoever asked for the stop also ends the process.
    if (all.stopping) return;
    await all.stop();
    throw withRemedy(error);
  }
  process.stdout.write(welcome((app) => all.url(app), all.databaseUrl));
}

/** PORT is not what helps here: the all-in-one has several. */
function withRemedy(error: unknown): unknown {
  const taken = error instanceof Error && /port \d+ of \S+ is taken/.exec(error.message)?.[0];
  if (!taken) return error;
  return new Error(`${taken}; end what listens there, or add to every port with --port-offset 1000`, {
    cause: error,
  });
}
