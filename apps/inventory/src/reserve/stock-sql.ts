import type { ClientBase } from 'pg';
import type { Demand, Line } from './demand.js';

/**
 * The five ways in which branches change the stock, each one statement for any number of branches.
 *
 * Rows are locked in order of the sku before the first is changed: two batches never wait for each other in a circle.
 * New values are computed from the locked row, never from the row as the statement's snapshot has it: PostgreSQL checks the
 * table's constraints against the latter first, and would refuse a reservation that another's release just made possible [pg].
 * `checked` ways change all or nothing: enough of every sku, or no row is touched; they return what was available before.
 */
interface Way {
  readonly name: string;
  /** New values of both columns. */
  readonly onHand: string;
  readonly reserved: string;
  readonly checked: boolean;
  /** Sign with which the lines enter the journal; null: what is on the shelf did not change. */
  readonly journal: '-' | '+' | null;
}

const way = ({ name, onHand, reserved, checked, journal }: Way): { name: string; text: string } => ({
  name: `inventory.${name}`,
  text: `
WITH line AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS line (gtx, branch, sku, quantity)
), need AS (
  SELECT sku, sum(quantity)::bigint AS quantity FROM line GROUP BY sku
), locked AS MATERIALIZED (
  SELECT stock.sku, on_hand, reserved, on_hand - reserved AS available
  FROM inventory.stock JOIN need USING (sku) ORDER BY stock.sku FOR UPDATE OF stock
), short AS (
  SELECT FROM need LEFT JOIN locked USING (sku) WHERE ${checked ? 'coalesce(available, 0) < quantity' : 'false'} LIMIT 1
), changed AS (
  UPDATE inventory.stock SET on_hand = ${onHand}, reserved = ${reserved}
  FROM need JOIN locked USING (sku) WHERE stock.sku = need.sku AND NOT EXISTS (SELECT FROM short)
)${journal === null ? '' : journalled(journal)}
SELECT sku, available FROM locked`,
});

const journalled = (sign: '-' | '+'): string => `, journal AS (
  INSERT INTO inventory.movement (gtx, branch, sku, quantity)
  SELECT gtx, branch, sku, ${sign} quantity FROM line WHERE NOT EXISTS (SELECT FROM short)
)`;

const same = { onHand: 'locked.on_hand', reserved: 'locked.reserved' };
const less = (column: string): string => `${column} - need.quantity`;
const more = (column: string): string => `${column} + need.quantity`;

const WAYS = {
  reserve: way({ name: 'reserve', ...same, reserved: more(same.reserved), checked: true, journal: null }),
  confirm: way({
    name: 'confirm',
    onHand: less(same.onHand),
    reserved: less(same.reserved),
    checked: false,
    journal: '-',
  }),
  release: way({ name: 'release', ...same, reserved: less(same.reserved), checked: false, journal: null }),
  take: way({ name: 'take', ...same, onHand: less(same.onHand), checked: true, journal: '-' }),
  giveBack: way({ name: 'give-back', ...same, onHand: more(same.onHand), checked: false, journal: '+' }),
} as const;
export type StockChange = keyof typeof WAYS;

/** Carries out a change for all demands; returns what was available of each known sku before. */
export async function changeStock(
  client: ClientBase,
  change: StockChange,
  demands: readonly Demand[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ sku: string; available: string }>(changingStock(change, demands));
  return new Map(rows.map(({ sku, available }) => [sku, Number(available)]));
}

/** The same, for others to run. */
export function changingStock(change: StockChange, demands: readonly Demand[]) {
  const lines = demands.flatMap((demand) => demand.lines);
  const column = (name: keyof Line) => lines.map((line) => line[name]);
  return { ...WAYS[change], values: [column('gtx'), column('branch'), column('sku'), column('quantity')] };
}
