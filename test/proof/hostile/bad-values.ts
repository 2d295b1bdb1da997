/** Values that a field of the wire can never have, by the field's name. */

const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
/** An own property of that name, as JSON.parse makes it. */
const poison = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;

const NO_GTX = [
  '',
  null,
  '019A0000-0000-7000-8000-00000000000A',
  '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  '019a0000-0000-7000-8000-00000000000a ',
  "'; DROP TABLE concordat.transaction; --",
];
const NO_ID = ['', null, 'a b', 'x'.repeat(65), '../etc', 'a\u0000', 'ünïcode', '💣'];
const NO_COUNT = [-1, 2_147_483_648, '1', 1.5, '0x10', Number.MAX_SAFE_INTEGER];
const NO_WORD = ['MAYBE', '', null, 'yes', '__proto__', 'constructor'];
const NO_TEXT = ['\u0000', 'half \ud800 a pair', 'x'.repeat(5_000), 7];
const NO_PAYLOAD = [
  deep(40),
  poison,
  { a: poison },
  'a\u0000b',
  { '\u0000': 1 },
  'half \udc00',
  [['\ud83d']],
];

const BY_NAME: Readonly<Record<string, readonly unknown[]>> = {
  gtx: NO_GTX,
  attempt: [0, 3, -1, '1', null, 4_294_967_297],
  branch: NO_ID,
  ledgerEpoch: [...NO_COUNT, null],
  replyPartition: NO_COUNT,
  budgetMs: [...NO_COUNT, null, 1e12],
  operation: NO_ID,
  kind: NO_WORD,
  settle: ['true', 1, null],
  vote: NO_WORD,
  noCode: ['MAYBE', '', 'refused', '__proto__'],
  state: ['MAYBE', '', 'committed', '__proto__'],
  phase: NO_WORD,
  result: NO_WORD,
  taken: NO_WORD,
  outcome: NO_WORD,
  code: NO_TEXT,
  message: NO_TEXT,
  reason: NO_TEXT,
  by: NO_TEXT,
  detail: NO_TEXT,
  operations: [
    null,
    'all',
    [null],
    [{ name: 'a b', styles: ['xa'], compensates: false }],
    Array(300).fill({}),
  ],
  wireVersions: [[], ['1'], [0], null],
  instance: [null, 'i'.repeat(200)],
  bootId: ['', null],
  request: [null, [], { branches: [] }, { branches: 'all' }, { branches: [poison] }, 'begin'],
  initiator: NO_ID,
  idempotencyKey: ['', 'k'.repeat(129), 'k\u0000'],
  topic: [null, 't'.repeat(250)],
  partition: NO_COUNT,
  offset: ['', '-1', '0x1', '1'.repeat(20), null],
  key: ['k'.repeat(1_025), '\u0000'],
  headers: [null, [], { h: 'x'.repeat(4_097) }],
  value: ['%%%', 'A'.repeat(90_004)],
  truncated: ['no', 0, null],
  app: [null, 'a'.repeat(65)],
  payload: NO_PAYLOAD,
  output: NO_PAYLOAD,
};

/** Wrong for every field but those that take any JSON. */
const ALWAYS_WRONG: readonly unknown[] = [{ surprise: 1 }, [[]], 1e308, -1.5];
const ANY_JSON = ['payload', 'output'];

export function badValuesOf(field: string): readonly unknown[] {
  const own = BY_NAME[field] ?? [];
  return ANY_JSON.includes(field) ? own : [...own, ...ALWAYS_WRONG];
}
