import type { Story } from './story.js';

/** What is wrong with a story, in words; nothing when all is well. */
type Judge = (story: Story) => readonly string[];

const EFFECTIVE = ['COMMITTED', 'READ_ONLY', 'DONE'];
/** Of an aborted saga: nothing ran, or it was undone. */
const UNDONE = ['COMPENSATED', 'NULL_COMPENSATED', 'FAILED'];

const attemptOf = (story: Story, attempt: number): Story['attempts'][number] | undefined =>
  story.attempts.find((one) => one.attempt === attempt);
const current = (story: Story) => attemptOf(story, story.attempt);
const committed = (story: Story): boolean => current(story)?.decision === 'COMMIT';
const outcomeOf = (story: Story): 'committed' | 'aborted' => (committed(story) ? 'committed' : 'aborted');
const isSaga = (story: Story): boolean => current(story)?.mode === 'saga';
const inPlan = (story: Story, branch: string): number => story.plan.findIndex(({ id }) => id === branch);

/** I1: what each participant holds durably is what was decided for its attempt; on commit every branch of the plan has it. */
const atomic: Judge = (story) => {
  const contradicting = story.branches.filter(({ state, attempt }) => {
    if (state === 'READ_ONLY') return false;
    return EFFECTIVE.includes(state) !== (attemptOf(story, attempt)?.decision === 'COMMIT');
  });
  const here = story.branches.filter(({ attempt }) => attempt === story.attempt);
  const missing = committed(story)
    ? story.plan.filter(({ id }) => !here.some(({ branch }) => branch === id))
    : [];
  return [
    ...contradicting.map(
      ({ branch, attempt, state }) =>
        `${branch}(${attempt}) is ${state} under ${attemptOf(story, attempt)?.decision ?? 'no decision'}`,
    ),
    ...missing.map(({ id }) => `${id} has no row under COMMIT`),
  ];
};

/** I2: each attempt decided once, and database, timeline, topic and every coordinator say the same. */
const oneDecision: Judge = (story) => [
  ...story.attempts.flatMap(({ attempt, decision }) => [
    ...(decision === null ? [`attempt ${attempt} is undecided`] : []),
    ...(story.decided[attempt] === 1
      ? []
      : [`attempt ${attempt} was decided ${story.decided[attempt] ?? 0} times`]),
    ...(story.announced[attempt] ?? [])
      .filter((told) => told !== decision)
      .map((told) => `the topic says ${told} of attempt ${attempt}, the database ${decision}`),
  ]),
  ...Object.entries(story.told)
    .filter(([, told]) => told !== outcomeOf(story))
    .map(([name, told]) => `${name} says ${told}, the database ${outcomeOf(story)}`),
];

/** I3: ended, and undamaged. */
const ended: Judge = (story) => [
  ...(story.ended ? [] : [`still ${story.state}`]),
  ...(story.heuristic === 'none' ? [] : [`damage: ${story.heuristic}`]),
];

/** I4: nothing is prepared any more, in xa or tcc. */
const nothingPrepared: Judge = (story) => [
  ...story.prepared.map((gid) => `${gid} is still prepared`),
  ...story.branches
    .filter(({ state }) => state === 'PREPARED')
    .map(({ branch, attempt }) => `${branch}(${attempt}) is still PREPARED`),
];

/** I5: on commit each branch took its amount once; on abort nothing, or once and back once. */
const effectsOnce: Judge = (story) =>
  story.plan
    .filter(({ amount }) => amount !== null)
    .flatMap(({ id, amount }) => {
      const taken = story.effects.filter(({ branch }) => branch === id).map((effect) => effect.amount);
      const is = taken.join(', ') || 'none';
      if (committed(story)) return is === `${-amount!}` ? [] : [`effects of ${id} on commit: ${is}`];
      const back = taken.length === 2 && taken[0] === -amount! && taken[1] === amount!;
      return taken.length === 0 || (isSaga(story) && back) ? [] : [`effects of ${id} on abort: ${is}`];
    });

/** I6: what is there = what was there − what was committed, nothing held, and the journal says so too. */
const sumsMatch: Judge = (story) =>
  story.holdings.flatMap(({ what, opening, is, held, journal, branch }) => {
    const amount = story.plan.find(({ id }) => id === branch)?.amount ?? 0;
    const should = opening - (committed(story) ? amount : 0);
    return [
      ...(is === should ? [] : [`${what} is ${is}, should be ${should}`]),
      ...(held === 0 ? [] : [`${what} still holds ${held}`]),
      ...(journal === is ? [] : [`the journal of ${what} says ${journal}, it is ${is}`]),
    ];
  });

/** I7: a saga has all steps done in order, or what was executed is compensated in reverse order, and nothing else. */
const sagaInOrder: Judge = (story) => {
  if (!isSaga(story)) return [];
  const rows = story.branches.filter(({ attempt }) => attempt === story.attempt);
  const fine = committed(story) ? ['DONE'] : UNDONE;
  const ordered = rows
    .filter(({ state }) => state === (committed(story) ? 'DONE' : 'COMPENSATED'))
    .sort((a, b) => a.at - b.at)
    .map(({ branch }) => inPlan(story, branch));
  const wanted = [...ordered].sort((a, b) => (committed(story) ? a - b : b - a));
  return [
    ...rows.filter(({ state }) => !fine.includes(state)).map(({ branch, state }) => `${branch} is ${state}`),
    ...(ordered.join() === wanted.join() ? [] : [`steps came in the order ${ordered.join()}`]),
  ];
};

/** I9: what the client was told is what happened. */
const clientTruth: Judge = (story) => {
  const { told, orderStatus } = story.client;
  const status = committed(story) ? 'CONFIRMED' : 'REJECTED';
  return [
    ...(told === null || told === outcomeOf(story) ? [] : [`the client was told ${told}`]),
    ...(orderStatus === null || orderStatus === status ? [] : [`the order is ${orderStatus}`]),
  ];
};

/** The cell was the situation it says: a commit that was meant to be one, and so on. */
const asMeant: Judge = (story) =>
  story.wanted === null || story.wanted === outcomeOf(story)
    ? []
    : [`${outcomeOf(story)} (${current(story)?.reason}), meant to be ${story.wanted}`];

export const VERDICTS = {
  I1: atomic,
  I2: oneDecision,
  I3: ended,
  I4: nothingPrepared,
  I5: effectsOnce,
  I6: sumsMatch,
  I7: sagaInOrder,
  I9: clientTruth,
  meant: asMeant,
} as const satisfies Record<string, Judge>;
export type Verdict = keyof typeof VERDICTS;

/** Everything that is wrong with these stories, by invariant; an invariant that holds has no entry. */
export function judge(stories: readonly Story[]): Partial<Record<Verdict, readonly string[]>> {
  const found = Object.entries(VERDICTS).map(([name, verdict]) => {
    const faults = stories.flatMap((story) => verdict(story).map((fault) => `${story.gtx}: ${fault}`));
    return [name, faults] as const;
  });
  return Object.fromEntries(found.filter(([, faults]) => faults.length > 0));
}
