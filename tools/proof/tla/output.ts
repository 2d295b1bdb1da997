/**
 * What a run of TLC came to, from its exit code and its output with `-tool` (each message between
 * `@!@!@STARTMSG <code>:<severity> @!@!@` and `@!@!@ENDMSG <code> @!@!@`). Whatever is not clearly a finished search or a
 * counterexample is a failure of the run: a search that was cut off has shown nothing.
 */
export type TlcResult =
  | {
      readonly kind: 'holds';
      readonly generated: number;
      readonly distinct: number;
      readonly depth: number;
      /** Action → how many states it led to. */
      readonly actions: Readonly<Record<string, number>>;
    }
  /** `steps`: states of the counterexample, the initial one included. */
  | {
      readonly kind: 'violated';
      readonly property: string;
      readonly steps: number;
      readonly trace: readonly string[];
    }
  | { readonly kind: 'failed'; readonly why: string };

interface Message {
  readonly code: number;
  readonly severity: number;
  readonly text: string;
}

const CODE = {
  success: 2193,
  stats: 2199,
  depth: 2194,
  finished: 2186,
  invariantInitially: 2107,
  invariant: 2110,
  actionProperty: 2112,
  temporal: 2116,
  state: 2217,
  coverage: 2772,
} as const;

const EXIT = { holds: 0, safety: 12, liveness: 13 } as const;
const ERROR_SEVERITIES = [1, 2];

export function parseTlc(output: string, exitCode: number | null): TlcResult {
  const messages = messagesOf(output);
  if (!find(messages, CODE.finished))
    return failed(messages, output, `TLC did not finish (exit ${exitCode})`);
  if (exitCode === EXIT.holds) return holds(messages, output);
  if (exitCode === EXIT.safety || exitCode === EXIT.liveness) return violated(messages, output);
  return failed(messages, output, `exit ${exitCode}`);
}

function holds(messages: readonly Message[], output: string): TlcResult {
  const stats = /^(\d+) states generated, (\d+) distinct states found, (\d+) states left on queue/.exec(
    find(messages, CODE.stats)?.text ?? '',
  );
  const depth = /search is (\d+)\./.exec(find(messages, CODE.depth)?.text ?? '');
  const errors = messages.some(({ severity }) => ERROR_SEVERITIES.includes(severity));
  if (!find(messages, CODE.success) || !stats || !depth || stats[3] !== '0' || errors) {
    return failed(messages, output, 'TLC ended with 0, but its output is not that of a finished search');
  }
  const counts = { generated: Number(stats[1]), distinct: Number(stats[2]), depth: Number(depth[1]) };
  return { kind: 'holds', ...counts, actions: actionsOf(messages) };
}

/** `<Begin line 97, col 3 to line 98, col 5 of module XaBranch>: 1:2`: distinct and generated; the last report counts. */
function actionsOf(messages: readonly Message[]): Record<string, number> {
  const lines = messages.flatMap(({ code, text }) =>
    code === CODE.coverage ? [/^<(\w+) line .* of module \w+.*>: \d+:(\d+)$/m.exec(text)] : [],
  );
  return Object.fromEntries(lines.flatMap((line) => (line ? [[line[1] ?? '', Number(line[2])]] : [])));
}

function violated(messages: readonly Message[], output: string): TlcResult {
  const property = violatedProperty(messages);
  const trace = messages.filter(({ code }) => code === CODE.state).map(({ text }) => text);
  if (property === null) return failed(messages, output, 'a violation without the name of what is violated');
  return { kind: 'violated', property, steps: trace.length, trace: trace.map(stepOf) };
}

/** TLC does not say which of several temporal properties is violated. */
function violatedProperty(messages: readonly Message[]): string | null {
  const named = messages.find(({ code }) =>
    [CODE.invariant, CODE.invariantInitially, CODE.actionProperty].some((one) => one === code),
  );
  if (named) return /^(?:Invariant|Action property) (\S+)/.exec(named.text)?.[1] ?? null;
  return find(messages, CODE.temporal) ? 'temporal property' : null;
}

/** `7: <DecideAbort line 97, col 17 to …>` → `DecideAbort`. */
function stepOf(state: string): string {
  return /^\d+: <(\w+)/.exec(state)?.[1] ?? state;
}

function failed(messages: readonly Message[], output: string, why: string): TlcResult {
  const errors = messages
    .filter(({ severity }) => ERROR_SEVERITIES.includes(severity))
    .map(({ text }) => text);
  const seen = errors.length > 0 ? errors.join(' | ') : output.slice(-500);
  return { kind: 'failed', why: `${why}: ${seen.trim()}` };
}

function find(messages: readonly Message[], code: number): Message | undefined {
  return messages.find((message) => message.code === code);
}

function messagesOf(output: string): readonly Message[] {
  const pattern = /^@!@!@STARTMSG (\d+):(\d+) @!@!@\n([^]*?)\n?@!@!@ENDMSG \1 @!@!@$/gm;
  return [...output.matchAll(pattern)].map(([, code, severity, text]) => ({
    code: Number(code),
    severity: Number(severity),
    text: text ?? '',
  }));
}

/** The last line of progress that TLC printed; null before the first. */
export function progressOf(output: string): string | null {
  const lines = [...output.matchAll(/^Progress\(\d+\) at [-\d: ]+: (.*)$/gm)];
  return lines.at(-1)?.[1] ?? null;
}
