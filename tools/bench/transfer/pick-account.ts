/** Accounts of each participant, numbered from 1. */
export const ACCOUNTS = 200_000;

/** Draws accounts: `theta` 0 is uniform; 0.99 is the usual skew of a hot few (Gray et al. 1994, as in YCSB). */
export function accountPicker(theta: number, random: () => number, accounts = ACCOUNTS): () => number {
  if (theta === 0) return () => 1 + Math.floor(random() * accounts);
  const zeta = zetaOf(accounts, theta);
  const alpha = 1 / (1 - theta);
  const eta = (1 - (2 / accounts) ** (1 - theta)) / (1 - zetaOf(2, theta) / zeta);
  return () => {
    const drawn = random();
    if (drawn * zeta < 1) return 1;
    if (drawn * zeta < 1 + 0.5 ** theta) return 2;
    return Math.min(accounts, 1 + Math.floor(accounts * (eta * drawn - eta + 1) ** alpha));
  };
}

function zetaOf(count: number, theta: number): number {
  let sum = 0;
  for (let rank = 1; rank <= count; rank += 1) sum += 1 / rank ** theta;
  return sum;
}
