import { startStandby } from '#stack';
import { requirePromise, type Chaos } from '../support/chaos.js';
import { SLOTS } from '../support/site.js';
import { judge, tell } from '../support/verdict.js';
import type { Verdict } from '../support/verdict.js';
import type { Watcher } from '../support/watcher.js';

const ORDERS = 10;
const LOSS = 'I3 nothing accepted is lost';

/**
 * The control: the failover of the scenario, but to a standby that was not waited for and has stayed behind. Orders that
 * were confirmed meanwhile are lost, and the same checks must say so. It ruins the installation: run it last.
 * @throws Error when the checks see nothing
 */
export async function detectLoss(chaos: Chaos, watcher: Watcher): Promise<string> {
  const { site, shop, load } = chaos;
  const dataDir = `${site.directory.path}/behind`;
  const standby = await startStandby(site.ledger.server, {
    dataDir,
    maxPreparedTransactions: SLOTS,
    mode: 'asynchronous',
  });
  await standby.holdBack();
  const first = shop.journal.length;
  await load.more(ORDERS);
  requirePromise(await chaos.rest());
  await site.ledger.failOver(standby);
  await Promise.all(chaos.apps('coordinator').map((name) => site.cluster.app(name).ready()));

  const verdict = await judge(site, shop, watcher);
  const told = shop.journal.slice(first).filter(({ transactionId }) => reported(verdict, transactionId));
  if (told.length === 0) throw new Error(`the loss was not reported: ${tell(verdict)}`);
  return `${told.length} of ${shop.journal.length - first} orders reported as lost; also broken: ${Object.keys(verdict).join(', ')}`;
}

const reported = (verdict: Verdict, gtx: string | null): boolean =>
  gtx !== null && (verdict[LOSS] ?? []).some((line) => line.startsWith(gtx));
