import { z } from 'zod';
import type { Bus } from '#messaging';
import { createParticipant, defineOperation, Refused, type ParticipantRuntime } from '#participant';
import type { BranchStore } from '#persistence';

/** tcc: `try` reserves and commits, `confirm` or `cancel` follow the decision. No PREPARE TRANSACTION, no lock in between. */
const take = defineOperation({
  name: 'take',
  tcc: {
    schema: z.strictObject({ flight: z.string() }),
    try: {
      async one({ client, payload }) {
        const { rowCount } = await client.query(
          'UPDATE flight SET held = held + 1 WHERE id = $1 AND held + taken < seats',
          [payload.flight],
        );
        if (rowCount === 0) throw new Refused('FULLY_BOOKED');
      },
    },
    confirm: {
      async one({ client, payload }) {
        await client.query('UPDATE flight SET held = held - 1, taken = taken + 1 WHERE id = $1', [
          payload.flight,
        ]);
      },
    },
    cancel: {
      async one({ client, payload }) {
        await client.query('UPDATE flight SET held = held - 1 WHERE id = $1', [payload.flight]);
      },
    },
  },
});

/** Without Nest. Await `start()`; on SIGTERM await `stop()`, then close bus and store. */
export const createSeats = (bus: Bus, store: BranchStore): ParticipantRuntime =>
  createParticipant({
    name: 'seats',
    operations: [take],
    instance: `seats-${process.pid}`,
    createTopics: { partitions: 12, replication: 1 },
    bus,
    store,
  });
