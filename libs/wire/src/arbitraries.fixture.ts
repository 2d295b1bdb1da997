import fc from 'fast-check';
import { Decision, NoCode, Phase, StepKind, Style, Vote, type Json } from '#protocol';
import type {
  CommandMessage,
  InitiatorMessage,
  OutcomeMessage,
  ReplyMessage,
  RequestMessage,
} from './types.js';

/** Every message a correct sender may write, for property tests. */

const ID_CHARS = [...'ABCXYZabcxyz0189_-'];
const ids = fc.string({ unit: fc.constantFrom(...ID_CHARS), minLength: 1, maxLength: 64 });
export const gtxs = fc.uuid({ version: 7 });
const attempts = fc.constantFrom(1, 2);
const counts = fc.integer({ min: 0, max: 2_147_483_647 });
const storable = fc.string({ unit: 'grapheme', maxLength: 60 }).map((s) => s.replaceAll('\0', ''));
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });

/** JSON as it comes back from the wire: no -0, no U+0000, well-formed strings. */
export const payloads: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 6 })
  .map(
    (value) =>
      JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '').replaceAll('__proto__', 'proto')) as Json,
  );

const address = { participant: ids, gtx: gtxs, attempt: attempts, branch: ids };
const command = { ...address, ledgerEpoch: counts, replyPartition: nullable(counts) };
const work = { operation: ids, payload: payloads };
const fault = { code: nullable(storable), message: nullable(storable) };
const of = <T extends string>(type: T) => ({ type: fc.constant(type) });

export const commands: fc.Arbitrary<CommandMessage> = fc.oneof(
  fc.record({ ...of('PREPARE'), ...command, ...work, budgetMs: fc.integer({ min: 0, max: 3_600_000 }) }),
  fc.record({ ...of('COMMIT'), ...command }),
  fc.record({ ...of('ABORT'), ...command }),
  fc.record({ ...of('ACTION'), ...command, ...work, kind: fc.constantFrom(...Object.values(StepKind)) }),
  fc.record({ ...of('COMPENSATE'), ...command, operation: ids, settle: fc.boolean() }),
  fc.record({ ...of('FORGET'), ...command }),
);

const operation = fc.record({
  name: ids,
  styles: fc.subarray(Object.values(Style), { minLength: 1 }),
  compensates: fc.boolean(),
});

export const replies: fc.Arbitrary<ReplyMessage> = fc.oneof(
  fc.record({
    ...of('VOTE'),
    ...address,
    ...fault,
    vote: fc.constantFrom(...Object.values(Vote)),
    noCode: nullable(fc.constantFrom(...Object.values(NoCode))),
    output: payloads,
  }),
  fc.record({
    ...of('ACK'),
    ...address,
    state: fc.constantFrom('COMMITTED' as const, 'ABORTED' as const, 'READ_ONLY' as const, 'LOST' as const),
    output: payloads,
  }),
  fc.record({
    ...of('RESULT'),
    ...address,
    ...fault,
    phase: fc.constantFrom(...Object.values(Phase)),
    result: fc.constantFrom('DONE' as const, 'FAILED' as const, 'RETRY' as const),
    state: nullable(fc.constantFrom('DONE' as const, 'COMPENSATED' as const, 'NULL_COMPENSATED' as const)),
    output: payloads,
  }),
  fc.record({ ...of('INQUIRY'), ...address, ledgerEpoch: counts }),
  fc.record({
    ...of('HEURISTIC'),
    ...address,
    taken: fc.constantFrom(...Object.values(Decision)),
    by: storable,
    reason: storable,
  }),
  fc.record({
    ...of('HELLO'),
    participant: ids,
    operations: fc.array(operation, { maxLength: 4 }),
    wireVersions: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 3 }),
    instance: ids,
    bootId: ids,
  }),
);

const branch = fc.record({
  id: ids,
  participant: ids,
  operation: ids,
  payload: payloads,
  kind: fc.constantFrom(...Object.values(StepKind)),
});

export const requests: fc.Arbitrary<RequestMessage> = fc.record({
  ...of('BEGIN'),
  gtx: gtxs,
  initiator: ids,
  idempotencyKey: nullable(ids),
  request: fc.record({
    mode: fc.constantFrom('2pc' as const, 'saga' as const),
    fallback: fc.constantFrom('none' as const, 'saga' as const),
    branches: fc.array(branch, { minLength: 1, maxLength: 4 }),
  }),
});

export const initiatorMessages: fc.Arbitrary<InitiatorMessage> = fc.oneof(
  fc.record({ ...of('ACCEPTED'), initiator: ids, gtx: gtxs }),
  fc.record({ ...of('REJECTED'), initiator: ids, gtx: gtxs, code: storable, detail: storable }),
  fc.record({
    ...of('OUTCOME'),
    initiator: ids,
    gtx: gtxs,
    outcome: fc.constantFrom('committed' as const, 'aborted' as const),
    reason: nullable(storable),
  }),
);

export const outcomes: fc.Arbitrary<OutcomeMessage> = fc.record({
  ...of('OUTCOME'),
  gtx: gtxs,
  attempt: attempts,
  outcome: fc.constantFrom(...Object.values(Decision)),
  reason: nullable(storable),
  ledgerEpoch: counts,
});
