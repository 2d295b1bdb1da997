import type { HeartbeatView, InstanceBeat, InstanceRecord, ParticipantHello, ParticipantRecord } from '../../port/ledger.js'; // prettier-ignore
import { FORGOTTEN_AFTER_MS } from '../../ledger/limits.js';
import { isoOf } from '../../ledger/time.js';
import type { BeatRow, MemoryLedgerStore, SeenParticipant } from './store.js';

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

export function beat(
  store: MemoryLedgerStore,
  self: InstanceBeat,
  deadAfterMs: number,
  nowMs: number,
): HeartbeatView {
  const before = store.instances.get(self.id);
  const resumed = before !== undefined && nowMs - before.beatMs <= deadAfterMs;
  store.instances.set(self.id, { beat: self, startedMs: resumed ? before.startedMs : nowMs, beatMs: nowMs });
  forgetSilent(store, nowMs);
  const records = [...store.instances].sort(byName).map(([, row]) => instanceRecord(row, nowMs));
  return {
    alive: records.filter(({ silentMs }) => silentMs <= deadAfterMs),
    dead: records.filter(({ silentMs }) => silentMs > deadAfterMs),
  };
}

const instanceRecord = (row: BeatRow, nowMs: number): InstanceRecord => ({
  ...row.beat,
  silentMs: nowMs - row.beatMs,
  startedAt: isoOf(row.startedMs),
});

function forgetSilent(store: MemoryLedgerStore, nowMs: number): void {
  const drivers = new Set([...store.live].map((gtx) => store.rows.get(gtx)?.driver));
  for (const [id, { beatMs }] of store.instances) {
    if (nowMs - beatMs > FORGOTTEN_AFTER_MS && !drivers.has(id)) store.instances.delete(id);
  }
}

export function greet(store: MemoryLedgerStore, hello: ParticipantHello, nowMs: number): void {
  const instances = new Map(store.participants.get(hello.name)?.instances);
  instances.set(hello.instance, { bootId: hello.bootId, seenMs: nowMs });
  store.participants.set(hello.name, { last: hello, seenMs: nowMs, instances });
}

export const participantRecords = (store: MemoryLedgerStore, nowMs: number): ParticipantRecord[] =>
  [...store.participants].sort(byName).map(([name, seen]) => participantRecord(name, seen, nowMs));

function participantRecord(name: string, seen: SeenParticipant, nowMs: number): ParticipantRecord {
  return {
    name,
    operations: seen.last.operations,
    wireVersions: seen.last.wireVersions,
    instances: [...seen.instances].sort(byName).map(([instance, { bootId, seenMs }]) => ({
      instance,
      bootId,
      silentMs: nowMs - seenMs,
      lastSeenAt: isoOf(seenMs),
    })),
    silentMs: nowMs - seen.seenMs,
    lastSeenAt: isoOf(seen.seenMs),
  };
}

/** Instances of participants that fell silent long ago. */
export function forgetParticipantInstances(store: MemoryLedgerStore, nowMs: number): void {
  for (const [name, seen] of store.participants) {
    const kept = [...seen.instances].filter(([, { seenMs }]) => nowMs - seenMs <= FORGOTTEN_AFTER_MS);
    store.participants.set(name, { ...seen, instances: new Map(kept) });
  }
}
