import type { AppKind } from '#stack';
import { call, totalOf } from './shop.js';
import type { JournalEntry, Shop } from './shop.js';
import type { Site } from './site.js';

/** The invariants of an installation at rest, read from outside (SQL, HTTP): each returns what is wrong, nothing when all is well. */
type Check = (site: Site, shop: Shop) => Promise<readonly string[]>;

interface TransactionRow {
  gtx: string;
  state: string;
  attempt: number;
  ended: boolean;
  attempts: { attempt: number; mode: string; decision: string | null }[];
}
interface BranchRow {
  gtx: string;
  branch: string;
  attempt: number;
  state: string;
}

const PARTICIPANTS = ['orders', 'inventory', 'payments'] as const satisfies readonly AppKind[];
const GOOD_2PC = ['COMMITTED', 'READ_ONLY'];

async function transactions(site: Site): Promise<Map<string, TransactionRow>> {
  const text =
    'SELECT gtx, state, attempt, ended_at IS NOT NULL AS ended, attempts FROM concordat.transaction';
  return new Map((await site.query<TransactionRow>('coordinator', text)).map((row) => [row.gtx, row]));
}

async function branches(site: Site): Promise<readonly (BranchRow & { participant: string })[]> {
  const all = await Promise.all(
    PARTICIPANTS.map(async (participant) => {
      const rows = await site.query<BranchRow>(
        participant,
        'SELECT gtx, branch, attempt, state FROM concordat.branch',
      );
      return rows.map((row) => ({ ...row, participant }));
    }),
  );
  return all.flat();
}

const decisionOf = (row: TransactionRow, attempt: number) =>
  row.attempts.find((one) => one.attempt === attempt);
const committed = (row: TransactionRow): boolean => decisionOf(row, row.attempt)?.decision === 'COMMIT';

/** I1: the durable results of all participants agree with the decision of their attempt. */
const atomicOutcome: Check = async (site) => {
  const byGtx = await transactions(site);
  return (await branches(site)).flatMap((branch) => {
    const row = byGtx.get(branch.gtx);
    const attempt = row && decisionOf(row, branch.attempt);
    if (!attempt)
      return [`${branch.gtx} ${branch.branch}(${branch.attempt}): ${branch.state} without an attempt`];
    const effect = branch.state === 'DONE' || GOOD_2PC.includes(branch.state);
    const wanted = attempt.decision === 'COMMIT';
    if (branch.state === 'READ_ONLY' || branch.state === 'PREPARED')
      return branch.state === 'PREPARED' ? [`${branch.gtx} ${branch.branch} is still PREPARED`] : [];
    return effect === wanted
      ? []
      : [`${branch.gtx} ${branch.branch}(${branch.attempt}): ${branch.state} under ${attempt.decision}`];
  });
};

/** I2, I10: database and every coordinator's HTTP say the same decision. */
const oneDecision: Check = async (site, shop) => {
  const byGtx = await transactions(site);
  const coordinators = Object.entries(site.cluster.urls).filter(([name]) => name.startsWith('coordinator'));
  const wrong: string[] = [];
  for (const { transactionId } of shop.journal.filter((_, index) => index % 10 === 0)) {
    for (const [name, url] of coordinators) {
      const answer = await call(`${url}/v1/transactions/${transactionId}`, {});
      const row = byGtx.get(transactionId!);
      const outcome = row && (committed(row) ? 'committed' : 'aborted');
      const told = (answer?.body as { outcome: string } | undefined)?.outcome;
      if (told !== outcome) wrong.push(`${transactionId}: ${name} says ${told}, the database ${outcome}`);
    }
  }
  return wrong;
};

/** I3: every accepted id exists and is terminal. */
const nothingLost: Check = async (site, shop) => {
  const byGtx = await transactions(site);
  const missing = shop.journal.filter(({ transactionId }) => !byGtx.get(transactionId!)?.ended);
  return missing.map(
    ({ transactionId }) => `${transactionId}: ${byGtx.get(transactionId!)?.state ?? 'unknown'}`,
  );
};

/** I4: nothing is prepared in any database. */
const nothingPrepared: Check = async (site) => site.preparedGids();

/** I5: effect rows per (gtx, branch): one net effect on commit, none on abort. */
const effectsExactlyOnce: Check = async (site) => {
  const byGtx = await transactions(site);
  const payments = await site.query<{ gtx: string; rows: string; sum: string }>(
    'payments',
    'SELECT gtx, count(*) AS rows, sum(amount) AS sum FROM payments.entry WHERE gtx IS NOT NULL GROUP BY gtx',
  );
  return payments.flatMap(({ gtx, rows, sum }) => {
    const row = byGtx.get(gtx);
    if (!row) return [`${gtx}: ${rows} payment entries without a transaction`];
    if (committed(row)) return Number(rows) === 1 ? [] : [`${gtx}: ${rows} payment entries on commit`];
    return Number(sum) === 0 && Number(rows) <= 2 ? [] : [`${gtx}: payment entries sum to ${sum} on abort`];
  });
};

/** I6: balances and stock = opening − what the journal says was bought. */
const sumsMatchJournal: Check = async (site, shop) => {
  const bought = shop.journal.filter(({ status }) => status === 'CONFIRMED').map(({ body }) => body);
  const accounts = await site.query<{ id: string; balance: string; held: string }>(
    'payments',
    'SELECT id, balance, held FROM payments.account',
  );
  const stock = await site.query<{ sku: string; on_hand: string; reserved: string }>(
    'inventory',
    'SELECT sku, on_hand, reserved FROM inventory.stock',
  );
  const wrongAccounts = accounts.flatMap(({ id, balance, held }) => {
    const spent = bought
      .filter(({ account }) => account === id)
      .reduce((sum, body) => sum + totalOf(body), 0);
    return differs(`account ${id}`, Number(balance), shop.opening.accounts[id]! - spent, Number(held));
  });
  const wrongStock = stock.flatMap(({ sku, on_hand, reserved }) => {
    const lines = bought.flatMap(({ lines }) => lines).filter((line) => line.sku === sku);
    const taken = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    return differs(`stock ${sku}`, Number(on_hand), shop.opening.stock[sku]! - taken, Number(reserved));
  });
  return [...wrongAccounts, ...wrongStock];
};

function differs(what: string, is: number, should: number, held: number): readonly string[] {
  return [
    ...(is === should ? [] : [`${what} is ${is}, should be ${should}`]),
    ...(held === 0 ? [] : [`${what} still holds ${held}`]),
  ];
}

/** I7: a saga ends with all steps done, or with every executed step compensated and nothing else. */
const sagasWholeOrUndone: Check = async (site) => {
  const byGtx = await transactions(site);
  return (await branches(site)).flatMap((branch) => {
    const row = byGtx.get(branch.gtx);
    // One without a transaction is told by I1.
    if (!row || decisionOf(row, branch.attempt)?.mode !== 'saga') return [];
    const fine = committed(row) ? ['DONE'] : ['COMPENSATED', 'NULL_COMPENSATED', 'FAILED'];
    return fine.includes(branch.state)
      ? []
      : [`${branch.gtx} ${branch.branch}: ${branch.state} in ${row.state}`];
  });
};

/** I9: what the customer was told is what happened; the same key gave the same order (checked as it was placed). */
const clientTruth: Check = async (site, shop) => {
  const byGtx = await transactions(site);
  return shop.journal.flatMap((entry: JournalEntry) => {
    const row = byGtx.get(entry.transactionId!);
    const told = entry.status === 'CONFIRMED';
    return row && committed(row) === told
      ? []
      : [`order ${entry.orderId} is ${entry.status}, its transaction ${row?.state}`];
  });
};

export const INVARIANTS: Readonly<Record<string, Check>> = {
  'I1 atomic outcome': atomicOutcome,
  'I2 one decision, everywhere': oneDecision,
  'I3 nothing accepted is lost': nothingLost,
  'I4 nothing stays prepared': nothingPrepared,
  'I5 effects exactly once': effectsExactlyOnce,
  'I6 sums match the journal': sumsMatchJournal,
  'I7 sagas whole or undone': sagasWholeOrUndone,
  'I9 client truth': clientTruth,
};
