/** What may go wrong while a simulation runs, as chances per occasion. Calm = nothing does. */
export interface Weather {
  /** One way between a process and anything else, milliseconds. */
  readonly latencyMs: readonly [low: number, high: number];
  /** A statement is refused before it runs; its answer is lost after it ran; its process dies before or after it ran. */
  readonly database: {
    readonly refuse: number;
    readonly loseAnswer: number;
    readonly dieBefore: number;
    readonly dieAfter: number;
  };
  readonly bus: {
    readonly refuse: number;
    readonly loseAnswer: number;
    /** Of one record: never arrives although the publish resolved; arrives `copies` times. */
    readonly lose: number;
    readonly duplicate: number;
    readonly copies: readonly [low: number, high: number];
    /** Of one request: arrives late, and what follows it with it, unless requests overtake each other (`reorder`). */
    readonly delay: number;
    readonly delayMs: readonly [low: number, high: number];
    readonly reorder: boolean;
  };
  /** A handler fails for no reason of its own. */
  readonly handlerFault: number;
}

export const CALM: Weather = {
  latencyMs: [0.1, 1],
  database: { refuse: 0, loseAnswer: 0, dieBefore: 0, dieAfter: 0 },
  bus: {
    refuse: 0,
    loseAnswer: 0,
    lose: 0,
    duplicate: 0,
    copies: [2, 2],
    delay: 0,
    delayMs: [0, 0],
    reorder: false,
  },
  handlerFault: 0,
};
