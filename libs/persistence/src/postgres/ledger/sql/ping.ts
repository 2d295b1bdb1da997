import type { Statement } from '../../run-statement.js';

/** Readiness is asked every few seconds: a server that takes longer than this is as good as none. */
const ANSWER_TIMEOUT_MS = 3_000;

/** The smallest question that shows that the server answers. */
export const ping = (): Statement => ({
  name: 'ledger_ping',
  text: 'SELECT 1',
  values: [],
  answerTimeoutMs: ANSWER_TIMEOUT_MS,
});
