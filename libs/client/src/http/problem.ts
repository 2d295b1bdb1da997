import { z } from 'zod';
import { ConcordatError } from '../errors.js';
import type { HttpAnswer } from './exchange.js';

/** RFC 9457, as every app answers errors; each part may be missing in a proxy's answer. */
const problemSchema = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

/** Statuses after which another coordinator, or the same one later, may answer otherwise. */
const PASSING = [429, 502, 503, 504];

/** Whether the same request may be answered otherwise, here later or elsewhere now. */
export function mayPass(status: number): boolean {
  return PASSING.includes(status);
}

/** The refusal that an answer other than 2xx says. */
export function refusalOf(answer: HttpAnswer, gtx: string | null): ConcordatError {
  const { status } = answer;
  const problem = problemSchema.safeParse(answer.body).data ?? {};
  const message = problem.detail ?? problem.title ?? `the coordinator answered ${status}`;
  return new ConcordatError(problem.code ?? `CONCORDAT_HTTP_${status}`, message, {
    retriable: mayPass(status),
    remedy: remedyFor(status),
    status,
    errors: problem.errors ?? [],
    gtx,
  });
}

/** An answer of status 2xx that is no transaction. */
export function badAnswer(url: string, gtx: string): ConcordatError {
  return new ConcordatError('CONCORDAT_BAD_ANSWER', `${url} answered, but not with a transaction`, {
    retriable: false,
    remedy: 'See that the URL is that of a coordinator of a compatible version.',
    gtx,
  });
}

const REMEDIES: Readonly<Record<number, string>> = {
  400: 'Correct the request: `errors` says where.',
  404: 'There is no transaction of this id: check it, or begin one.',
  409: 'The id or idempotency key belongs to another request: choose a new one.',
  413: 'Pass a reference instead of the data.',
  422: 'The request is well formed but impossible: `errors` says why.',
  429: 'The coordinators are busy: repeat later with the same id or idempotency key.',
};

function remedyFor(status: number): string {
  const passing = 'Repeat the call with the same id or idempotency key.';
  return REMEDIES[status] ?? (mayPass(status) ? passing : 'See the log of the coordinator.');
}
