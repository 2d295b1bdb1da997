/** The six kinds of topic (protocol.md §3): their names under a prefix, and the policy each is created with. */

/** Largest value a reader accepts: a body of 1 MiB and its envelope. Bigger ones are received and become dead letters. */
export const MAX_RECORD_BYTES = 1_048_576 + 16_384;
/** Largest record a topic lets in: above MAX_RECORD_BYTES, so that an oversize record is refused by name and not by the broker. */
export const MAX_TOPIC_RECORD_BYTES = 4 * 1_048_576;
/** Shorter than the retention of tombstones, fences and outcomes (14 d): no record outlives what refuses it (R10). */
export const TOPIC_RETENTION_MS = 7 * 24 * 3_600_000;

/** Kafka allows 249 characters a topic; `<prefix>.initiators.<64>` must fit, and metrics mangle other characters. */
export const TOPIC_PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export interface Topics {
  readonly requests: string;
  readonly replies: string;
  readonly outcomes: string;
  readonly deadLetters: string;
  initiator(name: string): string;
  command(participant: string): string;
}

/** Names under `prefix` (CONCORDAT_TOPIC_PREFIX). Throws RangeError for a prefix that is no topic name. */
export function topicNames(prefix: string): Topics {
  if (!TOPIC_PREFIX.test(prefix))
    throw new RangeError(`topic prefix ${JSON.stringify(prefix)} must match ${TOPIC_PREFIX}`);
  return {
    requests: `${prefix}.requests`,
    replies: `${prefix}.replies`,
    outcomes: `${prefix}.outcomes`,
    deadLetters: `${prefix}.dead-letters`,
    initiator: (name) => `${prefix}.initiators.${name}`,
    command: (participant) => `${prefix}.commands.${participant}`,
  };
}

/** What `#messaging` ensureTopics takes (its TopicSpec). */
export interface TopicPolicy {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly cleanup: 'delete' | 'compact';
  readonly retentionMs?: number;
  readonly maxRecordBytes: number;
}

export interface TopicLayout {
  readonly partitions: number;
  readonly replication: number;
  /** Whose `commands` topics are wanted. */
  readonly participants?: readonly string[];
  /** Whose `initiators` topics are wanted. */
  readonly initiators?: readonly string[];
}

/** The topics every app needs, and those of the participants and initiators named. */
export function topicPolicies(topics: Topics, layout: TopicLayout): TopicPolicy[] {
  const size = {
    partitions: layout.partitions,
    replication: layout.replication,
    maxRecordBytes: MAX_TOPIC_RECORD_BYTES,
  };
  const kept = (name: string): TopicPolicy => ({
    name,
    ...size,
    cleanup: 'delete',
    retentionMs: TOPIC_RETENTION_MS,
  });
  return [
    kept(topics.requests),
    kept(topics.replies),
    { name: topics.outcomes, ...size, cleanup: 'compact' },
    kept(topics.deadLetters),
    ...(layout.participants ?? []).map((name) => kept(topics.command(name))),
    ...(layout.initiators ?? []).map((name) => kept(topics.initiator(name))),
  ];
}
