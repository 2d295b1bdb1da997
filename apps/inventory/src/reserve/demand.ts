/** One branch's wish for one sku. */
export interface Line {
  readonly gtx: string;
  readonly branch: string;
  readonly sku: string;
  readonly quantity: number;
}

/** What one branch wants, each sku once, in order of the sku. */
export interface Demand {
  readonly lines: readonly Line[];
}

/** A sku of which there is not enough for a branch. */
export interface Shortage {
  readonly sku: string;
  readonly wanted: number;
  readonly available: number;
}

interface Branch {
  readonly gtx: string;
  readonly branch: string;
  readonly payload: { readonly lines: readonly { readonly sku: string; readonly quantity: number }[] };
}

/** The demand of a branch: lines of the same sku added up. */
export function demandOf({ gtx, branch, payload }: Branch): Demand {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of payload.lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  const lines = [...bySku].map(([sku, quantity]) => ({ gtx, branch, sku, quantity }));
  return { lines: lines.sort((a, b) => (a.sku < b.sku ? -1 : 1)) };
}

/**
 * Who gets what, first come first served: null = all of it, else the first shortage, and then none of it. `available` is what
 * nobody was promised; an unknown sku has nothing.
 */
export function allocate(
  demands: readonly Demand[],
  available: ReadonlyMap<string, number>,
): readonly (Shortage | null)[] {
  const left = new Map(available);
  return demands.map(({ lines }) => {
    const short = lines.find(({ sku, quantity }) => (left.get(sku) ?? 0) < quantity);
    if (short) return { sku: short.sku, wanted: short.quantity, available: left.get(short.sku) ?? 0 };
    for (const { sku, quantity } of lines) left.set(sku, left.get(sku)! - quantity);
    return null;
  });
}
