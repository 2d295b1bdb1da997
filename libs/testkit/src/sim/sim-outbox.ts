import type { OutboxStore } from '#persistence';
import type { DatabaseLine } from './network.js';

/** An outbox as its relay reaches it: each statement over a line that may refuse it, lose its answer, or take the process with it. */
export function outboxBehind(line: DatabaseLine, store: OutboxStore): OutboxStore {
  const asked = async <T>(run: () => Promise<T>): Promise<T> => {
    await line.ask();
    const result = await run();
    await line.answer();
    return result;
  };
  return {
    // In the transaction of the caller, whose connection it is.
    enqueue: (connection, entries) => store.enqueue(connection, entries),
    onWake: (listener) => store.onWake(listener),
    claimDue: (options) => asked(() => store.claimDue(options)),
    accept: (gtxs, options) => asked(() => store.accept(gtxs, options)),
    reject: (rejections) => asked(() => store.reject(rejections)),
    settle: (outcomes) => asked(() => store.settle(outcomes)),
    claimEnded: (options) => asked(() => store.claimEnded(options)),
    renewEnded: (gtxs, options) => asked(() => store.renewEnded(gtxs, options)),
    delivered: (gtxs) => asked(() => store.delivered(gtxs)),
    nextDueInMs: () => asked(() => store.nextDueInMs()),
    find: (gtx) => asked(() => store.find(gtx)),
    collectGarbage: (options) => asked(() => store.collectGarbage(options)),
    ping: () => asked(() => store.ping()),
    close: () => store.close(),
  };
}
