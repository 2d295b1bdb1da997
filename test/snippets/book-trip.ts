import { createConcordatClient } from '#client';

/** Over HTTP, nothing stored on this side. */
export async function bookTrip(coordinatorUrls: string[], wallet: string, flight: string): Promise<string> {
  const { transactions } = createConcordatClient({ initiator: 'trips', coordinatorUrls });
  const { outcome, reason } = await transactions.begin(
    {
      timeoutMs: 5_000,
      branches: [
        { id: 'seat', participant: 'seats', operation: 'take', payload: { flight } },
        { id: 'money', participant: 'wallets', operation: 'debit', payload: { wallet, cents: 9_900 } },
      ],
    },
    { wait: 'decided', waitMs: 10_000 },
  );
  // null: accepted, not decided within waitMs. It goes on; ask again with the same id.
  return outcome === null ? 'PENDING' : outcome === 'committed' ? 'BOOKED' : `REFUSED: ${reason}`;
}
