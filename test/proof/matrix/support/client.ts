import { until } from '../../../crash/support/site.js';
import type { Deed } from './deeds.js';
import type { Pod } from './estate.js';

const CALL_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** null: no answer (nobody there, it died or was stopped meanwhile, or the caller gave up). */
export async function ask(url: string, init: RequestInit = {}, giveUp?: AbortSignal): Promise<Answer | null> {
  const late = AbortSignal.timeout(CALL_MS);
  try {
    const answer = await fetch(url, { ...init, signal: giveUp ? AbortSignal.any([late, giveUp]) : late });
    return { status: answer.status, body: JSON.parse(await answer.text()) as Answer['body'] };
  } catch (error) {
    // By name: in jest the errors of Node's core are of another realm.
    if (['TypeError', 'TimeoutError', 'AbortError', 'SyntaxError'].includes((error as Error).name))
      return null;
    throw error;
  }
}

/** Hands a deed in at `app`; what comes back is written down in it. */
export async function submit(pod: Pod, app: string, deed: Deed, giveUp?: AbortSignal): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': deed.idempotencyKey };
  const init = { method: 'POST', headers, body: deed.body };
  const answer = await ask(`${pod.cluster.urls[app]}${deed.path}`, init, giveUp);
  if (answer === null || answer.status >= 500 || answer.status === 429) return false;
  if (answer.status >= 300)
    throw new Error(`${deed.path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
  note(deed, answer.body);
  return true;
}

function note(deed: Deed, body: Answer['body']): void {
  const gtx = (body['transactionId'] ?? body['id']) as string;
  if (deed.gtx !== null && deed.gtx !== gtx)
    throw new Error(`one request, two transactions: ${deed.gtx}, ${gtx}`);
  deed.gtx = gtx;
  deed.orderId = (body['orderId'] as string | undefined) ?? null;
  deed.told = (body['outcome'] as string | null | undefined) ?? deed.told;
  deed.answered = true;
}

/** A client that got no answer asks again, with the same id and key, until it has one. */
export async function insist(pod: Pod, app: string, deeds: readonly Deed[], limitMs: number): Promise<void> {
  const silent = deeds.filter(({ answered }) => !answered);
  await Promise.all(
    silent.map((deed) => until(`an answer from ${app}`, limitMs, () => submit(pod, app, deed))),
  );
}
