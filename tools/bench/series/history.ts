import type { Options } from '../options.js';
import { runSql, type Site } from '../site.js';
import { fillHistory } from './fill-history.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const ROWS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** Ever more finished transactions in the ledger and, as branches, at both banks: work must not notice. */
export async function history(site: Site, options: Options, say: (line: string) => void): Promise<Series> {
  const installation = await startTcc(site, options);
  const contenders = [installation.contender(tccTransfer())];
  return {
    xLabel: 'finished transactions',
    oneWay: true,
    steps: (options.steps ?? ROWS).map((rows) => ({
      x: rows,
      contenders,
      enter: async () => {
        say(`filling the history up to ${rows}`);
        await fillHistory(installation.ledgerUrl, installation.banks, rows);
        // What filling wrote is not to be written back during the measurement.
        await runSql(site.postgres.adminUrl, 'CHECKPOINT');
      },
    })),
    stop: () => installation.stop(),
  };
}
