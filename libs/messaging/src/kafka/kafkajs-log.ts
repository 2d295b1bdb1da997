import type { Log } from '#observability';
import type { logCreator, LogEntry } from 'kafkajs';

/** Equal lines within this time are counted, not written: an outage repeats itself many times a second. */
const DAMP_MS = 10_000;
const MAX_REMEMBERED = 200;

interface Damped {
  readonly untilMs: number;
  suppressed: number;
}

/**
 * Leads kafkajs' log into ours, one level lower: what it calls an error is mostly an attempt that it repeats, and
 * every answer of a broker that is not success, a rebalance for one. What matters to an operator the adapter says.
 */
export function kafkajsLog(log: Log): logCreator {
  const damper = new Damper();
  return () => (entry) => {
    const write = writerFor(log, entry);
    const suppressed = damper.pass(`${entry.namespace}|${entry.log.message}`);
    if (suppressed === undefined) return;
    write({ ...fieldsOf(entry), ...(suppressed > 0 && { suppressed }) }, `kafkajs: ${entry.log.message}`);
  };
}

function writerFor(
  log: Log,
  { label, log: { message } }: LogEntry,
): (fields: object, message: string) => void {
  // A crash of a consumer is said by the subscription that replaces it.
  if (/^(Response|Crash:) /.test(message)) return (fields, text) => log.debug(fields, text);
  if (label === 'ERROR') return (fields, text) => log.warn(fields, text);
  if (label === 'WARN') return (fields, text) => log.info(fields, text);
  return (fields, text) => log.debug(fields, text);
}

/** Everything kafkajs tells, but its own idea of a timestamp, its stack, and the message itself. */
function fieldsOf({ namespace, log }: LogEntry): object {
  const { timestamp: _timestamp, logger: _logger, message: _message, stack: _stack, ...fields } = log;
  return { component: namespace, ...fields };
}

class Damper {
  readonly #seen = new Map<string, Damped>();

  /** How often the line was suppressed since it was last written; undefined: suppress it now, too. */
  pass(line: string): number | undefined {
    const nowMs = performance.now();
    const seen = this.#seen.get(line);
    if (seen && nowMs < seen.untilMs) {
      seen.suppressed += 1;
      return undefined;
    }
    if (this.#seen.size >= MAX_REMEMBERED) this.#seen.clear();
    this.#seen.set(line, { untilMs: nowMs + DAMP_MS, suppressed: 0 });
    return seen?.suppressed ?? 0;
  }
}
