import type { ClientBase, QueryConfig } from 'pg';
import type { Demand, Line } from './demand.js';

/**
 * The five ways in which branches change the stock, each one statement for any number of branches.
 *
 * Rows are locked in order of the sku before the first is changed: two batches never wait for each other in a circle.
 * `checked` ways change all or nothing: enough of every sku, or no row is touched; they return what was available before.
 */
interface Way {
  readonly name: string;
  readonly set: string;
  readonly checked: boolean;
  /** Sign with which the lines enter the journal; null: what is on the shelf did not change. */
  readonly journal: '-' | '+' | null;
}

const way = ({ name, set, checked, journal }: Way): { name: string; text: string } => ({
  name: `inventory.${name}`,
  text: `
WITH line AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS line (gtx, branch, sku, quantity)
), need AS (
  SELECT sku, sum(quantity)::bigint AS quantity FROM line GROUP BY sku
), locked AS MATERIALIZED (
  SELECT stock.sku, stock.on_hand - stock.reserved AS available
  FROM inventory.stock JOIN need USING (sku) ORDER BY stock.sku FOR UPDATE OF stock
), short AS (
  SELECT FROM need LEFT JOIN locked USING (sku) WHERE ${checked ? 'coalesce(available, 0) < quantity' : 'false'} LIMIT 1
), changed AS (
  UPDATE inventory.stock SET ${set}
  FROM need JOIN locked USING (sku) WHERE stock.sku = need.sku AND NOT EXISTS (SELECT FROM short)
)${journal === null ? '' : journalled(journal)}
SELECT sku, available FROM locked`,
});

const journalled = (sign: '-' | '+'): string => `, journal AS (
  INSERT INTO inventory.movement (gtx, branch, sku, quantity)
  SELECT gtx, branch, sku, ${sign} quantity FROM line WHERE NOT EXISTS (SELECT FROM short)
)`;

const WAYS = {
  reserve: way({ name: 'reserve', set: 'reserved = reserved + need.quantity', checked: true, journal: null }),
  confirm: way({
    name: 'confirm',
    set: 'on_hand = on_hand - need.quantity, reserved = reserved - need.quantity',
    checked: false,
    journal: '-',
  }),
  release: way({
    name: 'release',
    set: 'reserved = reserved - need.quantity',
    checked: false,
    journal: null,
  }),
  take: way({ name: 'take', set: 'on_hand = on_hand - need.quantity', checked: true, journal: '-' }),
  giveBack: way({
    name: 'give-back',
    set: 'on_hand = on_hand + need.quantity',
    checked: false,
    journal: '+',
  }),
} as const;
export type StockChange = keyof typeof WAYS;

/** Carries out a change for all demands; returns what was available of each known sku before. */
export async function changeStock(
  client: ClientBase,
  change: StockChange,
  demands: readonly Demand[],
): Promise<ReadonlyMap<string, number>> {
  const lines = demands.flatMap((demand) => demand.lines);
  const { rows } = await client.query<{ sku: string; available: string }>(statement(change, lines));
  return new Map(rows.map(({ sku, available }) => [sku, Number(available)]));
}

function statement(change: StockChange, lines: readonly Line[]): QueryConfig {
  const column = (name: keyof Line) => lines.map((line) => line[name]);
  return { ...WAYS[change], values: [column('gtx'), column('branch'), column('sku'), column('quantity')] };
}
