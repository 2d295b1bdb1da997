import type { BranchEvidence, BranchKey } from '#persistence';
import type { Desk } from '../desk/desk.js';
import { Engine } from '../desk/engine.js';
import { Gatherer } from '../desk/gather.js';
import { KeptBranches } from '../desk/kept.js';
import { catalogOf } from '../operations/catalog.js';
import { InDoubtWatch } from './in-doubt.js';
import { askOverHttp, askOverKafka } from './inquiries.js';
import { Intake } from './intake.js';
import { compileOptions } from './options.js';
import type { CompiledOptions, ParticipantOptions } from './options.js';
import { OutcomeReader } from './outcome-reader.js';
import { ParticipantRuntime } from './participant-runtime.js';
import { Publisher } from './publisher.js';
import { ReplyPartitions } from './reply-partitions.js';

/** Keys a look statement takes. */
const MAX_LOOK = 500;

/**
 * Builds a participant: the same executors with and without Nest. Nothing runs before `start`.
 * Throws ParticipantError that lists everything wrong with the operations.
 */
export function createParticipant(options: ParticipantOptions): ParticipantRuntime {
  const compiled = compileOptions(options);
  const desk = deskOf(compiled);
  const { bus, topics, clock, random, log, faults, metrics } = compiled;
  const publisher = new Publisher({ bus, repliesTopic: topics.replies, clock, random, log, faults });
  const engine = new Engine(desk, {
    concurrency: compiled.concurrency,
    send: (replies) => publisher.send(replies),
  });
  const replyPartitions = new ReplyPartitions(bus, topics.replies, clock);
  const { name: participant, instance } = compiled;
  const intake = new Intake({
    participant,
    instance,
    bus,
    deadLettersTopic: topics.deadLetters,
    engine,
    replyPartitions,
    clock,
    metrics,
  });
  const watch = watchOf(compiled, desk, engine, publisher);
  const bootId = random.uuidv7();
  const group = `${topics.command(participant)}.outcomes.${bootId}`;
  const outcomes = new OutcomeReader({
    bus,
    outcomesTopic: topics.outcomes,
    group,
    watch,
    afterMs: compiled.inquireAfterMs * 2,
  });
  return new ParticipantRuntime({
    options: compiled,
    desk,
    engine,
    publisher,
    intake,
    replyPartitions,
    watch,
    outcomes,
    bootId,
  });
}

/** Executors' view of the options. */
export function deskOf(options: CompiledOptions): Desk {
  const { name, store, clock, log, metrics, faults, entityManager } = options;
  const catalog = catalogOf(options.operations);
  const gatherer = (gids: boolean) =>
    new Gatherer<BranchKey, BranchEvidence>((keys) => store.look(keys, { gids }), MAX_LOOK);
  const looks = gatherer(catalog.usesXa);
  const rowLooks = gatherer(false);
  return {
    ...{ participant: name, store, catalog, clock, log, metrics, faults },
    entityManager: entityManager ?? null,
    kept: new KeptBranches(),
    look: (key) => looks.ask(key),
    lookRow: (key) => rowLooks.ask(key),
  };
}

function watchOf(options: CompiledOptions, desk: Desk, engine: Engine, publisher: Publisher): InDoubtWatch {
  const { name: participant, coordinatorUrls: urls, fetch, log, inquireAfterMs, alarmAfterMs } = options;
  const kafka = askOverKafka(participant, publisher);
  const http = askOverHttp({
    participant,
    urls,
    fetch,
    log,
    apply: (key, decision) => watch.applyOutcome(key, decision),
  });
  const ways = urls.length > 0 ? [kafka, http] : [kafka];
  const watch = new InDoubtWatch(desk, engine, options.random, { inquireAfterMs, alarmAfterMs, ways });
  return watch;
}
