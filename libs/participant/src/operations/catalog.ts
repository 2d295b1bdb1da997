import type { z } from 'zod';
import type { Json, Style } from '#protocol';
import { clipText, describeFaults, id } from '#wire';
import { ParticipantError } from '../errors.js';
import { isBatch } from './operation.js';
import { MAX_REFUSAL_MESSAGE } from './refused.js';
import type { OperationDefinition } from './operation.js';

/** An operation as HELLO announces it. */
export interface AnnouncedOperation {
  readonly name: string;
  readonly styles: Style[];
  readonly compensates: boolean;
}

/** The checked operations of one participant. */
export interface Catalog {
  find(name: string): OperationDefinition | undefined;
  readonly announced: readonly AnnouncedOperation[];
  /** Some operation prepares transactions in the database. */
  readonly usesXa: boolean;
  readonly usesTcc: boolean;
  /** Every tcc operation confirms and cancels in batches: their decisions need no look at the rows first. */
  readonly decidesInBatches: boolean;
}

/** Throws ParticipantError that lists every fault of the definitions. */
export function catalogOf(definitions: readonly OperationDefinition[]): Catalog {
  const faults = definitions.flatMap((definition, index) =>
    faultsOf(definition, definitions.slice(0, index)),
  );
  if (definitions.length === 0) faults.push('no operation is defined');
  if (faults.length > 0) throw invalidHandlers(faults);
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const tcc = definitions.flatMap(({ tcc }) => tcc ?? []);
  return {
    find: (name) => byName.get(name),
    announced: definitions.map(announce),
    usesXa: definitions.some(({ xa }) => xa),
    usesTcc: tcc.length > 0,
    decidesInBatches: tcc.every(({ confirm, cancel }) => isBatch(confirm) && isBatch(cancel)),
  };
}

/** One error that lists everything that is wrong with the handlers. */
export function invalidHandlers(faults: readonly string[]): ParticipantError {
  const list = faults.map((fault) => `\n  - ${fault}`).join('');
  return new ParticipantError(
    'CONCORDAT_HANDLERS_INVALID',
    `The participant's handlers do not fit together:${list}\n`,
    'Fix them all and start again.',
  );
}

export type Parsed =
  { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly message: string };

/** Checks a payload; never throws, also where a schema does (async refinements, faulty transforms). */
export function parsePayload(schema: z.ZodType, payload: Json): Parsed {
  try {
    const parsed = schema.safeParse(payload);
    return parsed.success
      ? { ok: true, payload: parsed.data }
      : notParsed(describeFaults(parsed.error.issues));
  } catch (error) {
    return notParsed(`the schema failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A thousand faults must still fit a row and a vote. */
function notParsed(message: string): Parsed {
  return { ok: false, message: clipText(message, MAX_REFUSAL_MESSAGE) };
}

function faultsOf(definition: OperationDefinition, before: readonly OperationDefinition[]): string[] {
  const { name, xa, tcc, saga } = definition;
  const said = `operation "${name}"`;
  return [
    ...(id.safeParse(name).success ? [] : [`${said}: a name is 1 to 64 of A-Z a-z 0-9 _ -`]),
    ...(before.some((other) => other.name === name) ? [`${said} is defined twice`] : []),
    ...(xa && tcc ? [`${said} is both xa and tcc: one operation has one 2PC style`] : []),
    ...((xa ?? tcc ?? saga) ? [] : [`${said} has no handler`]),
  ];
}

function announce({ name, xa, tcc, saga }: OperationDefinition): AnnouncedOperation {
  const styles: Style[] = [
    ...(xa ? ['xa' as const] : []),
    ...(tcc ? ['tcc' as const] : []),
    ...(saga ? ['saga' as const] : []),
  ];
  return { name, styles, compensates: saga?.compensate !== undefined };
}
