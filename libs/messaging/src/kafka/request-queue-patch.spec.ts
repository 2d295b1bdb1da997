import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createRequire } from 'node:module';
import { stopIdleTimers } from './request-queue-patch.js';

interface Queue {
  pending: unknown[];
  checkPendingRequests(): void;
  canSendSocketRequestImmediately(): boolean;
}

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => Queue;

describe('request queue of kafkajs', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('sets no timer when no request waits, and one when a request does', () => {
    stopIdleTimers();
    const queue = new RequestQueue({ logger: { debug: () => undefined } });
    const timer = jest.spyOn(globalThis, 'setTimeout').mockReturnValue({} as NodeJS.Timeout);

    queue.checkPendingRequests();
    expect(timer).not.toHaveBeenCalled();

    queue.canSendSocketRequestImmediately = () => false;
    queue.pending.push({});
    queue.checkPendingRequests();
    expect(timer).toHaveBeenCalledTimes(1);
  });
});
