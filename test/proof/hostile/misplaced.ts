/**
 * Messages that are well formed and wrong: about transactions under way from somebody who has no say in them, about branches and
 * attempts that are not, about transactions nobody began; and true ones said again.
 *
 * Not here, because the bus is trusted for it until messages are signed (protocol.md §5): a command in a coordinator's name and a
 * reply in the name of the branch's own participant, both about a live transaction.
 */
import { systemRandom } from '#observability';
import type { Topics } from '#wire';
import type { Dice } from '../../crash/support/random.js';
import type { Shape } from './hostile-record.js';
import { FUZZ_ACCOUNT, FUZZ_SKU } from './good-trade.js';
import type { Tap } from './tap.js';

export interface Misplaced {
  readonly shape: Shape;
  readonly reasons: readonly string[];
  readonly maybeTaken?: boolean;
  readonly gtx?: string;
}

export interface Surroundings {
  readonly topics: Topics;
  readonly tap: Pick<Tap, 'pick'>;
  readonly dice: Dice;
  /** Partitions of the replies topic. */
  readonly partitions: number;
}

type Maker = (around: Surroundings) => Misplaced | null;

const REPLIES = ['VOTE', 'ACK', 'RESULT'];
const PARTICIPANTS = ['orders', 'inventory', 'payments'] as const;

function addressed(shape: Shape, over: Record<string, unknown>, headers: Record<string, string> = {}): Shape {
  const body = { ...shape.body, ...over };
  const envelope: Record<string, string> = { ...shape.headers, ...headers };
  for (const name of ['attempt', 'branch'] as const)
    if (name in body) envelope[name] = String((body as Record<string, unknown>)[name]);
  return { ...shape, key: String((body as { gtx?: string }).gtx ?? shape.key), headers: envelope, body };
}

const said = (
  topic: string,
  headers: Record<string, string>,
  body: Record<string, unknown>,
  key = body['gtx'] as string,
): Shape => ({ ...addressed({ topic, key, headers: { v: '1', ...headers }, body }, {}), key });

const liveReply = ({ tap, topics, dice }: Surroundings): Shape | null =>
  tap.pick(topics.replies, dice, ...REPLIES);
const liveCommand = ({ tap, topics, dice }: Surroundings, ...types: readonly string[]): Shape | null =>
  tap.pick(topics.command(dice.pick(PARTICIPANTS)), dice, ...types);

/** What would hurt most if it counted. */
const refusing = ({ headers }: Shape): Record<string, unknown> =>
  headers['type'] === 'VOTE'
    ? { vote: 'NO', noCode: 'REFUSED', code: 'HOSTILE', message: 'hostile', output: null }
    : {};

const strangersReply: Maker = (around) => {
  const shape = liveReply(around);
  if (!shape) return null;
  const others = [...PARTICIPANTS, 'mallory'].filter((name) => name !== shape.headers['participant']);
  const participant = around.dice.pick(others);
  return { shape: addressed(shape, refusing(shape), { participant }), reasons: ['WRONG_PARTICIPANT'] };
};

const strangersHeuristic: Maker = (around) => {
  const shape = liveReply(around);
  if (!shape) return null;
  const { gtx, attempt, branch } = shape.body;
  const body = { gtx, attempt, branch, taken: 'ABORT', by: 'mallory', reason: 'hostile' };
  const headers = { type: 'HEURISTIC', participant: 'mallory' };
  return { shape: said(shape.topic, headers, body), reasons: ['WRONG_PARTICIPANT'] };
};

const branchThatIsNot: Maker = (around) => {
  const shape = liveReply(around);
  return (
    shape && {
      shape: addressed(shape, { ...refusing(shape), branch: 'nowhere' }),
      reasons: ['UNKNOWN_BRANCH'],
    }
  );
};

/** Of a transaction that falls back the second attempt exists at some time: then nothing is awaited from this message. */
const attemptThatIsNot: Maker = (around) => {
  const shape = liveReply(around);
  if (!shape || shape.body['attempt'] !== 1 || shape.headers['type'] === 'RESULT') return null;
  return {
    shape: addressed(shape, { ...refusing(shape), attempt: 2 }),
    reasons: ['UNKNOWN_ATTEMPT'],
    maybeTaken: true,
  };
};

const replyAgain: Maker = (around) => {
  const shape = liveReply(around);
  return shape && { shape, reasons: [] };
};

const commandAgain: Maker = (around) => {
  const shape = liveCommand(around);
  return shape && { shape, reasons: [] };
};

const inquiryOfALiveOne: Maker = (around) => {
  const shape = liveReply(around);
  if (!shape) return null;
  const { gtx, attempt, branch } = shape.body;
  const headers = { type: 'INQUIRY', participant: shape.headers['participant']! };
  return { shape: said(shape.topic, headers, { gtx, attempt, branch, ledgerEpoch: 0 }), reasons: [] };
};

const strangersInquiry: Maker = (around) => {
  const found = inquiryOfALiveOne(around);
  return (
    found && { shape: addressed(found.shape, {}, { participant: 'mallory' }), reasons: ['WRONG_PARTICIPANT'] }
  );
};

const commandForAnother: Maker = (around) => {
  const shape = liveCommand(around);
  if (!shape) return null;
  const participant = around.dice.pick(
    [...PARTICIPANTS, 'mallory'].filter((name) => name !== shape.headers['participant']),
  );
  return { shape: addressed(shape, {}, { participant }), reasons: ['WRONG_PARTICIPANT'] };
};

const replyPartitionThatIsNot: Maker = (around) => {
  const shape = liveCommand(around);
  const replyPartition = around.partitions + around.dice.below(2_000_000_000);
  return shape && { shape: addressed(shape, { replyPartition }), reasons: ['REPLY_PARTITION'] };
};

const beginAgain: Maker = ({ tap, topics, dice }) => {
  const shape = tap.pick(topics.requests, dice, 'BEGIN');
  return shape && { shape, reasons: [] };
};

/** The same transaction with another plan: REJECTED to an initiator that knows better. */
const beginOtherwise: Maker = (around) => {
  const found = beginAgain(around);
  if (!found) return null;
  const request = { ...(found.shape.body['request'] as object), description: 'hostile', timeoutMs: 1 };
  return { shape: addressed(found.shape, { request }), reasons: [] };
};

const letterAgain: Maker = ({ tap, topics, dice }) => {
  const shape = tap.pick(dice.pick([topics.initiator('orders'), topics.outcomes]), dice);
  return shape && { shape, reasons: [] };
};

const letterForAnother: Maker = ({ tap, topics, dice }) => {
  const shape = tap.pick(topics.initiator('orders'), dice);
  return shape && { shape: addressed(shape, {}, { initiator: 'mallory' }), reasons: ['WRONG_INITIATOR'] };
};

const REPLY_BODIES: Readonly<Record<string, object>> = {
  VOTE: { vote: 'YES', code: null, message: null, noCode: null, output: null },
  ACK: { state: 'COMMITTED', output: null },
  RESULT: { phase: 'ACTION', result: 'DONE', state: 'DONE', code: null, message: null, output: null },
  INQUIRY: { ledgerEpoch: 0 },
  HEURISTIC: { taken: 'COMMIT', by: 'mallory', reason: 'hostile' },
};

function unknownReply(around: Surroundings, participant: string, reasons: readonly string[]): Misplaced {
  const gtx = systemRandom.uuidv7();
  const type = around.dice.pick(Object.keys(REPLY_BODIES));
  const body = { gtx, attempt: 1 + around.dice.below(2), branch: 'b', ...REPLY_BODIES[type] };
  return { shape: said(around.topics.replies, { type, participant }, body), reasons, gtx };
}

const replyAboutNothing: Maker = (around) => unknownReply(around, around.dice.pick(PARTICIPANTS), []);
const nobodysReply: Maker = (around) => unknownReply(around, 'mallory', ['UNKNOWN_PARTICIPANT']);

const COMMANDS: Readonly<Record<string, object>> = {
  COMMIT: {},
  ABORT: {},
  FORGET: {},
  COMPENSATE: { operation: 'charge', settle: false },
  ACTION: { operation: 'no-such', payload: {}, kind: 'compensatable' },
  PREPARE: { operation: 'no-such', payload: {}, budgetMs: 5_000 },
};

const commandAboutNothing: Maker = ({ topics, dice }) => {
  const gtx = systemRandom.uuidv7();
  const participant = dice.pick(PARTICIPANTS);
  const type = dice.pick(Object.keys(COMMANDS));
  const body = { gtx, attempt: 1, branch: 'b', ledgerEpoch: 0, replyPartition: null, ...COMMANDS[type] };
  return { shape: said(topics.command(participant), { type, participant }, body), reasons: [], gtx };
};

/** Work for a transaction nobody began: it is done, voted on, and given back as the ledger says ABORT. */
const workForNothing: Maker = ({ topics, dice }) => {
  const gtx = systemRandom.uuidv7();
  const orderId = systemRandom.uuidv7();
  const [participant, operation, payload] = dice.pick([
    ['inventory', 'reserve', { orderId, lines: [{ sku: FUZZ_SKU, quantity: 1 }] }],
    ['payments', 'charge', { orderId, account: FUZZ_ACCOUNT, amount: 1 }],
    ['payments', 'charge', { orderId, account: 'nobody', amount: 1 }],
    ['inventory', 'reserve', 'no object'],
  ] as const);
  const base = { gtx, attempt: 1, branch: 'b', ledgerEpoch: 0, replyPartition: null };
  const body = { ...base, operation, payload, budgetMs: dice.pick([0, 5_000]) };
  return {
    shape: said(topics.command(participant), { type: 'PREPARE', participant }, body),
    reasons: [],
    gtx,
  };
};

const plan = (participant: string, operation: string) => ({
  branches: [{ id: 'b', participant, operation, payload: {} }],
});
const IMPOSSIBLE = [
  plan('mallory', 'reserve'),
  plan('inventory', 'no-such'),
  { ...plan('inventory', 'reserve'), branches: [1, 2].flatMap(() => plan('inventory', 'reserve').branches) },
  { mode: 'saga', branches: [{ ...plan('inventory', 'reserve').branches[0], after: ['b'] }] },
];
const impossibleBegin: Maker = ({ topics, dice }) => {
  const gtx = dice.pick([
    systemRandom.uuidv7(),
    '01000000-0000-7000-8000-000000000001',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
  ]);
  const body = { gtx, initiator: 'orders', idempotencyKey: null, request: dice.pick(IMPOSSIBLE) };
  return { shape: said(topics.requests, { type: 'BEGIN' }, body), reasons: [], gtx };
};

const unheardInitiator: Maker = ({ topics, dice }) => {
  const gtx = systemRandom.uuidv7();
  const initiator = dice.pick(['mallory', '__proto__', 'x'.repeat(64)]);
  const body = { gtx, initiator, idempotencyKey: null, request: plan('inventory', 'reserve') };
  return { shape: said(topics.requests, { type: 'BEGIN' }, body), reasons: ['UNKNOWN_INITIATOR'], gtx };
};

const LETTERS: Readonly<Record<string, object>> = {
  ACCEPTED: {},
  REJECTED: { code: 'OVERLOAD', detail: 'hostile' },
  OUTCOME: { outcome: 'committed', reason: null },
};
const letterAboutNothing: Maker = ({ topics, dice }) => {
  const gtx = systemRandom.uuidv7();
  const type = dice.pick(Object.keys(LETTERS));
  const headers = { type, initiator: 'orders' };
  return { shape: said(topics.initiator('orders'), headers, { gtx, ...LETTERS[type] }), reasons: [], gtx };
};

const outcomeOfNothing: Maker = ({ topics, dice }) => {
  const gtx = systemRandom.uuidv7();
  const body = {
    gtx,
    attempt: 1,
    outcome: dice.pick(['COMMIT', 'ABORT']),
    reason: null,
    ledgerEpoch: 2_147_483_647,
  };
  return { shape: said(topics.outcomes, { type: 'OUTCOME' }, body, `${gtx}:1`), reasons: [], gtx };
};

/** A participant that is none may announce itself (until callers are known); a few names only. */
const strangersHello: Maker = ({ topics, dice }) => {
  const participant = `ghost-${dice.below(3)}`;
  const operations = [{ name: 'haunt', styles: ['tcc'], compensates: false }];
  const body = { operations, wireVersions: [1], instance: participant, bootId: String(dice.below(1_000)) };
  return { shape: said(topics.replies, { type: 'HELLO', participant }, body, participant), reasons: [] };
};

/** Stored as it came: whoever may write the topic may write anything there. */
const forgedLetter: Maker = ({ topics, dice }) => {
  const offset = String(dice.below(1_000_000_000));
  const letter = {
    reason: 'FORGED',
    detail: '',
    topic: 'elsewhere',
    partition: dice.below(1_000_000_000),
    offset,
  };
  const rest = { key: null, headers: {}, value: null, truncated: false, app: 'mallory', instance: 'm' };
  const shape = said(topics.deadLetters, { type: 'DEAD_LETTER' }, { ...letter, ...rest }, 'forged');
  return { shape, reasons: ['FORGED'] };
};

export const MAKERS: Readonly<Record<string, Maker>> = {
  "a stranger's reply": strangersReply,
  "a stranger's heuristic": strangersHeuristic,
  "a stranger's inquiry": strangersInquiry,
  'a branch that is not': branchThatIsNot,
  'an attempt that is not': attemptThatIsNot,
  'a reply again': replyAgain,
  'a command again': commandAgain,
  'an inquiry of a live one': inquiryOfALiveOne,
  'a command for another': commandForAnother,
  'a reply partition that is not': replyPartitionThatIsNot,
  'a request again': beginAgain,
  'a request again, with another plan': beginOtherwise,
  'a letter again': letterAgain,
  'a letter for another': letterForAnother,
  'a reply about nothing': replyAboutNothing,
  "nobody's reply": nobodysReply,
  'a command about nothing': commandAboutNothing,
  'work for nothing': workForNothing,
  'an impossible request': impossibleBegin,
  'an initiator without a topic': unheardInitiator,
  'a letter about nothing': letterAboutNothing,
  'an outcome of nothing': outcomeOfNothing,
  "a stranger's hello": strangersHello,
  'a forged dead letter': forgedLetter,
};
