import { LedgerError, type NewTransaction } from '../port/ledger.js';

/** Lower-case UUID: anything else is no gtx, and unknown by definition. */
const GTX = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isGtx = (text: string): boolean => GTX.test(text);

/** Each element once, without what is no gtx, in the order in which every batch takes its locks. */
export const sortedGtxs = (gtxs: readonly string[]): string[] => [...new Set(gtxs)].filter(isGtx).sort();

/** The first item of each gtx, in lock order. Later ones of the same gtx must look at what the first one did. */
export function firstPerGtx<T>(batch: readonly T[], gtxOf: (item: T) => string): T[] {
  const first = new Map<string, T>();
  for (const item of batch) if (!first.has(gtxOf(item))) first.set(gtxOf(item), item);
  return [...first.values()].sort((a, b) => (gtxOf(a) < gtxOf(b) ? -1 : 1));
}

/** @throws LedgerError REFUSED when an image is not one a transaction can begin with: a fault of the caller. */
export function assertBegins(batch: readonly NewTransaction[]): void {
  for (const { tx } of batch) {
    const [first, ...more] = tx.attempts;
    const fresh = tx.version === 1 && tx.attempt === 1 && more.length === 0 && first?.attempt === 1;
    if (fresh && first.decision === null && tx.results.length === 0 && isGtx(tx.gtx)) continue;
    throw new LedgerError('REFUSED', `begin: ${tx.gtx} is not the image of a new transaction`, false);
  }
}
