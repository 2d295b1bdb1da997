import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { RecordingLog } from '#observability';
import { guardProcess } from './process-guards.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function guarded(stop: () => Promise<void>) {
  const [target, log, clock] = [new FakeProcess(), new RecordingLog(), { ms: 0, nowMs: () => clock.ms }];
  guardProcess(log, stop, target, clock);
  return { target, log, clock };
}

describe('a guarded process', () => {
  it('stops once on the first signal, then exits 0', async () => {
    let stops = 0;
    const { target } = guarded(() => Promise.resolve(void (stops += 1)));
    target.emit('SIGTERM');
    expect(target.exits).toEqual([]);
    await turn();
    expect([stops, target.exits]).toEqual([1, [0]]);
  });

  it('ends at once on a second signal', () => {
    const { target, clock } = guarded(() => new Promise(() => undefined));
    target.emit('SIGTERM');
    clock.ms = 1_001;
    target.emit('SIGINT');
    expect(target.exits).toEqual([1]);
  });

  it('takes a Ctrl-C that npm hands on once more for one', async () => {
    const { target, clock } = guarded(() => Promise.resolve());
    target.emit('SIGINT');
    clock.ms = 1;
    target.emit('SIGINT');
    await turn();
    expect(target.exits).toEqual([0]);
  });

  it('exits 1 when stopping fails', async () => {
    const { target, log } = guarded(() => Promise.reject(new Error('stuck')));
    target.emit('SIGINT');
    await turn();
    expect(target.exits).toEqual([1]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error' });
  });

  it.each(['uncaughtException', 'unhandledRejection'])('logs and ends on %s', (event) => {
    const { target, log } = guarded(() => Promise.resolve());
    target.emit(event, new Error('bug'));
    expect(target.exits).toEqual([1]);
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { fatal: true } });
  });
});
