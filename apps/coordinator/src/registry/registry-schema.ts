import { z } from 'zod';
import { Style } from '#protocol';
import { moment } from '../http/moment.js';

const silentMs = z.number().describe('Milliseconds since it was heard of, by the database clock.');

export const waitingSchema = z
  .object({ count: z.int(), oldestAgeMs: z.number() })
  .describe('Branches that have not acknowledged, as of the last sweep.');

export const participantViewSchema = z.object({
  name: z.string(),
  operations: z
    .array(
      z.object({ name: z.string(), styles: z.array(z.enum(Style)).readonly(), compensates: z.boolean() }),
    )
    .readonly(),
  styles: z.array(z.enum(Style)).readonly().describe('All styles of its operations.'),
  wireVersions: z.array(z.int()).readonly(),
  instances: z
    .array(z.object({ instance: z.string(), bootId: z.string(), silentMs, lastSeenAt: moment }))
    .readonly(),
  silentMs,
  lastSeenAt: moment,
  waiting: waitingSchema,
});
export type ParticipantView = z.output<typeof participantViewSchema>;

export const instanceViewSchema = z.object({
  id: z.string(),
  role: z.enum(['coordinator', 'watchdog']),
  url: z.string().nullable(),
  replyPartitions: z.array(z.int()).readonly(),
  startedAt: moment,
  silentMs,
  alive: z.boolean(),
  self: z.boolean().describe('The instance that answers.'),
});
export type InstanceView = z.output<typeof instanceViewSchema>;
