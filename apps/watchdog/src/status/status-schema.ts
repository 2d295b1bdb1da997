import { z } from 'zod';

const moment = z.string().meta({ format: 'date-time' });

export const statusSchema = z.object({
  app: z.literal('watchdog'),
  instance: z.string(),
  open: z.boolean().describe('The engine runs; `waitsFor` says what is missing when not.'),
  waitsFor: z.string().nullable(),
  drives: z.int().describe('Transactions in its memory, those it only observes included.'),
  lastSweep: z.object({ at: moment, tookMs: z.number(), takenOver: z.int() }).nullable(),
  instances: z.object({
    alive: z.array(z.string()).readonly(),
    dead: z.array(z.object({ id: z.string(), role: z.string(), silentMs: z.number() })).readonly(),
  }),
  waiting: z
    .record(z.string(), z.object({ count: z.int(), oldestAgeMs: z.number() }))
    .describe('Branches that have not acknowledged, by participant, as of the last look.'),
  participantDatabases: z
    .array(
      z.object({
        participant: z.string(),
        reachable: z.boolean().nullable().describe('null before the first look.'),
        detail: z.string().nullable(),
        prepared: z.int().nullable().describe('Prepared transactions at the last look.'),
        finished: z.int().describe('Branches this process ended there.'),
      }),
    )
    .readonly(),
});
export type StatusView = z.output<typeof statusSchema>;
