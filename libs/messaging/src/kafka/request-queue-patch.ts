/**
 * kafkajs 2.2.4 sets a timer after every response to look for throttled requests, even when none waits, and computes
 * its delay as a negative number, of which Node ≥ 24 warns (tulios/kafkajs#1751). Nobody waits: no timer.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

let patched = false;

/** Applies once a process. A kafkajs of another shape is left as it is. */
export function stopIdleTimers(): void {
  if (patched) return;
  patched = true;
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype?: RequestQueue;
  };
  const schedule = queue.prototype?.scheduleCheckPendingRequests;
  if (!queue.prototype || !schedule) return;
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
