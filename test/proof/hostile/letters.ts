import type { Site } from '../../crash/support/site.js';
import { MARK, type Hostile } from './hostile-record.js';

/** A stored dead letter. */
export interface Letter {
  readonly mark: string | null;
  readonly reason: string;
  readonly topic: string;
  readonly at: string;
}

export function storedLetters(site: Site): Promise<readonly Letter[]> {
  return site.query<{ mark: string | null; reason: string; topic: string; at: string }>(
    'coordinator',
    `SELECT headers ->> $1 AS mark, reason, topic, topic || '/' || partition || '/' || record_offset AS at FROM concordat.dead_letter`,
    [MARK],
  );
}

/** What is wrong with the letters: one for each refused record with its reason and topic, none for what is taken, none twice, no other. */
export function wrongLetters(sent: readonly Hostile[], letters: readonly Letter[]): readonly string[] {
  const byMark = new Map<string, Letter[]>();
  for (const letter of letters) {
    if (letter.mark !== null) byMark.set(letter.mark, [...(byMark.get(letter.mark) ?? []), letter]);
  }
  return [
    ...sent.flatMap((hostile) => wrongLetterOf(hostile, byMark.get(hostile.mark) ?? [])),
    ...letters
      .filter(({ mark }) => mark === null)
      .map(({ reason, at }) => `a letter nobody caused: ${reason} at ${at}`),
    ...doubled(letters).map((at) => `more than one letter for ${at}`),
  ];
}

function wrongLetterOf(
  { mark, kind, record, reasons, maybeTaken }: Hostile,
  letters: readonly Letter[],
): readonly string[] {
  const what = `#${mark} (${kind} on ${record.topic})`;
  if (reasons.length === 0) return letters.map(({ reason }) => `${what} was refused: ${reason}`);
  if (letters.length === 0)
    return maybeTaken ? [] : [`${what} has no letter, should be ${reasons.join(' or ')}`];
  if (letters.length > 1) return [`${what} has ${letters.length} letters`];
  const { reason, topic } = letters[0]!;
  const rightTopic = topic === record.topic || reason === 'FORGED';
  return reasons.includes(reason) && rightTopic
    ? []
    : [`${what}: ${reason} on ${topic}, should be ${reasons.join(' or ')}`];
}

function doubled(letters: readonly Letter[]): readonly string[] {
  const seen = new Set<string>();
  return letters.flatMap(({ at }) => (seen.has(at) ? [at] : (seen.add(at), [])));
}
