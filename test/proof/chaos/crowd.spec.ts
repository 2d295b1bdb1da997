/** A verdict in seconds is stretched by who keeps others waiting, and by nobody else. */
import { spawn } from 'node:child_process';
import os from 'node:os';

import { afterEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../support/eventually.js';
import { givingWay } from './support/crowd.js';

const BUSY = 'for (;;);';

describe('a thread that wants to run', () => {
  const started: number[] = [];
  afterEach(() => {
    for (const pid of started.splice(0)) process.kill(pid, 'SIGKILL');
  });

  function busy(): number {
    const { pid } = spawn(process.execPath, ['--title=a) R (b', '-e', BUSY], { stdio: 'ignore' });
    started.push(pid!);
    return pid!;
  }

  it('gives way at the lowest priority, and not before', async () => {
    const pid = busy();
    expect(givingWay([pid])).toBe(0);
    os.setPriority(pid, os.constants.priority.PRIORITY_LOW);
    await eventually(() => givingWay([pid]) === 1);
  });
});
