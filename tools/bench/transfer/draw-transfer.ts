import type { Change } from './account-sql.js';

const MAX_AMOUNT = 100;

/** A transfer over `participants` accounts, one each: the first pays what the others get. */
export function drawTransfer(participants: number, pick: () => number, random: () => number): Change[] {
  const amount = 1 + Math.floor(random() * MAX_AMOUNT);
  const others = participants - 1;
  return Array.from({ length: participants }, (_, index) => ({
    account: pick(),
    amount: index === 0 ? -amount * others : amount,
  }));
}
