import { Command, InvalidArgumentError, Option } from 'commander';

export const MODES = ['tcc', 'xa', 'saga', 'fallback'] as const;
export type Mode = (typeof MODES)[number];

export const WAITS = ['applied', 'decided'] as const;
export type Wait = (typeof WAITS)[number];

export const SUBMISSIONS = ['http', 'outbox'] as const;
/** How transactions reach the coordinator. */
export type SubmissionWay = (typeof SUBMISSIONS)[number];

/** `comparison` is the bench; the others say how it scales. */
export const SERIES = [
  'comparison',
  'participants',
  'payload',
  'zipf',
  'coordinators',
  'history',
  'backlog',
  'sick-participant',
  'overload',
  'sustained',
] as const;
export type SeriesName = (typeof SERIES)[number];

/** What `npm run bench` was asked for; every default in place. */
export interface Options {
  /** What is varied: `comparison` goes along the number in flight. */
  readonly series: SeriesName;
  readonly modes: readonly Mode[];
  readonly waits: readonly Wait[];
  readonly submissions: readonly SubmissionWay[];
  /** Submissions in flight, one series of cells each. */
  readonly inFlight: readonly number[];
  /** Replaces the steps of a series; absent: its own. */
  readonly steps: readonly number[] | undefined;
  readonly rounds: number;
  readonly warmupSeconds: number;
  /** Before the first round each contender is driven until it gets no faster, and not only once. */
  readonly untilWarm: boolean;
  readonly seconds: number;
  readonly peers: boolean;
  readonly floor: boolean;
  /** Also everything in one process. */
  readonly embedded: boolean;
  readonly theta: number;
  readonly refused: number;
  readonly padding: number;
  readonly coordinators: number;
  readonly partitions: number;
  readonly seed: number;
  /** Also says which statements ran. */
  readonly statements: boolean;
  readonly profileDir: string | undefined;
  readonly out: string;
  readonly quick: boolean;
}

const numberOf = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number, 0 or more');
  return value;
};

const numbersOf = (text: string): number[] => text.split(',').map(numberOf);

const oneOf =
  <T extends string>(known: readonly T[]) =>
  (text: string): T[] => {
    const asked = text === 'all' ? [...known] : text.split(',');
    const unknown = asked.filter((name) => !known.includes(name as T));
    if (unknown.length > 0)
      throw new InvalidArgumentError(`${unknown.join(', ')}: one or more of ${known.join(', ')}`);
    return asked as T[];
  };

/** Three rounds of ten seconds are bench.md's thirty; quick shows the shape in two minutes. */
const FULL = { c: [1, 16, 64, 256, 1000], rounds: 3, warmup: 3, seconds: 10 };
const QUICK = { c: [1, 16, 64, 256], rounds: 1, warmup: 1, seconds: 3 };

/** Busy, and well below what any step can carry. */
const SERIES_IN_FLIGHT = 64;

/** The product's default (README, "Configuration"). */
const PARTITIONS = 12;

interface Raw {
  readonly quick?: boolean;
  readonly series: SeriesName;
  readonly modes: Mode[];
  readonly wait: Wait[];
  readonly submit: SubmissionWay[];
  readonly c?: number[];
  readonly steps?: number[];
  readonly rounds?: number;
  readonly warmup?: number;
  readonly seconds?: number;
  readonly peers: boolean;
  readonly floor: boolean;
  readonly embedded?: boolean;
  readonly zipf: number;
  readonly refused: number;
  readonly payload: number;
  readonly coordinators: number;
  readonly partitions: number;
  readonly seed: number;
  readonly statements?: boolean;
  readonly profile?: string;
  readonly out: string;
}

const command = (): Command =>
  new Command('bench')
    .description(
      'Measures Concordat on real Kafka and PostgreSQL, interleaved with the floor of this machine and with peers.',
    )
    .option('--quick', 'the shape in two minutes: fewer cells, shorter rounds')
    .addOption(new Option('--series <name>', 'what is varied').choices(SERIES).default('comparison'))
    .option('--modes <list>', `of ${MODES.join(', ')}, or all`, oneOf(MODES), ['tcc'])
    .option('--wait <list>', `of ${WAITS.join(', ')}, or all`, oneOf(WAITS), ['applied'])
    .option('--submit <list>', `of ${SUBMISSIONS.join(', ')}, or all`, oneOf(SUBMISSIONS), ['http'])
    .option(
      '--c <list>',
      `in flight (default ${FULL.c.join()}; quick ${QUICK.c.join()}; series ${SERIES_IN_FLIGHT})`,
      numbersOf,
    )
    .option('--steps <list>', 'of the series, instead of its own', numbersOf)
    .option('--rounds <n>', `interleaved rounds (default ${FULL.rounds}; quick ${QUICK.rounds})`, numberOf)
    .option(
      '--warmup <s>',
      `before each measurement (default ${FULL.warmup}; quick ${QUICK.warmup})`,
      numberOf,
    )
    .option(
      '--seconds <s>',
      `of each measurement (default ${FULL.seconds}; quick ${QUICK.seconds})`,
      numberOf,
    )
    .option('--no-peers', 'without plain commits and DBOS')
    .option('--embedded', 'also coordinator, participants and client in one process, with a broker inside')
    .option('--no-floor', 'without the floor')
    .option('--zipf <theta>', 'skew of the accounts; 0 uniform', numberOf, 0)
    .option('--refused <share>', 'of transfers refused by their business, 0 to 1', numberOf, 0)
    .option('--payload <bytes>', 'added to each payload', numberOf, 0)
    .option('--coordinators <n>', 'coordinator processes', numberOf, 1)
    .option('--partitions <n>', 'of every topic', numberOf, PARTITIONS)
    .option('--statements', 'also says which SQL statements ran how often')
    .option('--profile <dir>', 'writes a CPU profile of each Node process there')
    .option('--out <dir>', 'where report.json and bench.svg go', 'tmp/bench')
    .addOption(new Option('--seed <n>', 'draws the transfers').argParser(numberOf).default(1));

/** Reads the command line; ends the process with its usage when that makes no sense. */
export function readOptions(argv: readonly string[]): Options {
  const raw = command()
    .parse([...argv], { from: 'user' })
    .opts<Raw>();
  const preset = raw.quick === true ? QUICK : FULL;
  return {
    series: raw.series,
    modes: raw.modes,
    waits: raw.wait,
    submissions: raw.submit,
    inFlight: raw.c ?? (raw.series === 'comparison' ? preset.c : [SERIES_IN_FLIGHT]),
    steps: raw.steps,
    rounds: raw.rounds ?? preset.rounds,
    warmupSeconds: raw.warmup ?? preset.warmup,
    seconds: raw.seconds ?? preset.seconds,
    untilWarm: raw.series === 'comparison' && raw.quick !== true && raw.profile === undefined,
    peers: raw.peers,
    floor: raw.floor,
    embedded: raw.embedded ?? false,
    theta: raw.zipf,
    refused: raw.refused,
    padding: raw.payload,
    coordinators: raw.coordinators,
    partitions: raw.partitions,
    seed: raw.seed,
    statements: raw.statements ?? false,
    profileDir: raw.profile,
    out: raw.out,
    quick: raw.quick ?? false,
  };
}
