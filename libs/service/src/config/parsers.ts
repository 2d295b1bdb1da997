import { z } from 'zod';
import { checkFaultSetting } from '#observability';

/** How single environment values are read. No message repeats the value: it may hold a password. */

/** A whole number from its decimal digits. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

export const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1');

/** Comma-separated values, each read by `item`; spaces around them do not count. */
export function commaList<T>(item: z.ZodType<T, string>) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item));
}

export const postgresUrl = z
  .string()
  .refine(
    (value) => hasProtocol(value, /^postgres(ql)?:$/),
    'must be a URL like postgres://user:password@host:5432/database',
  );

export const httpUrl = z
  .string()
  .refine((value) => hasProtocol(value, /^https?:$/), 'must be URLs like http://host:7300')
  .transform((value) => value.replace(/\/+$/, ''));

export const hostAndPort = z
  .string()
  .regex(
    /^([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}$/,
    'must be host:port, several separated by commas',
  );

/** `payments=postgres://…,inventory=postgres://…`; a comma inside a URL is written %2C. */
export const databasesByName = z
  .string()
  .transform((text) => text.split(',').map((part) => splitOnce(part.trim(), '=')))
  .pipe(
    z.array(z.tuple([z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), postgresUrl]), 'must be name=postgres://…'),
  )
  .refine(
    (entries) => new Set(entries.map(([name]) => name)).size === entries.length,
    'names a participant twice',
  )
  .transform((entries): Readonly<Record<string, string>> => Object.freeze(Object.fromEntries(entries)));

export const faultSetting = z.string().superRefine((value, context) => {
  try {
    checkFaultSetting(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

function hasProtocol(value: string, protocol: RegExp): boolean {
  return URL.canParse(value) && protocol.test(new URL(value).protocol);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
