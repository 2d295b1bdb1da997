import { describe, expect, it } from '@jest/globals';
import { closedLoop, Ending, type Edge } from './closed-loop.js';

const order = { inFlight: 3, warmupMs: 0, measureMs: 3_600_000 };
const nobody = (): void => undefined;

/** Submissions that end when told to. */
class Submissions {
  readonly open: ((ending: Ending) => void)[] = [];
  most = 0;

  readonly submit = (): Promise<Ending> =>
    new Promise((resolve) => {
      this.open.push(resolve);
      this.most = Math.max(this.most, this.open.length);
    });

  endAll(ending: Ending = Ending.Committed): void {
    for (const resolve of this.open.splice(0)) resolve(ending);
  }
}

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a closed loop', () => {
  it('keeps so many in flight and never more', async () => {
    const submissions = new Submissions();
    let end = nobody;
    const result = closedLoop(
      order,
      submissions.submit,
      nobody,
      new Promise<void>((resolve) => (end = resolve)),
    );
    for (let round = 0; round < 5; round += 1) {
      await turns();
      expect(submissions.open).toHaveLength(3);
      submissions.endAll();
    }
    await turns();
    end();
    await turns();
    submissions.endAll();

    await result;
    expect(submissions.most).toBe(3);
  });

  it('counts what ends between begin and end of the window, and nothing else', async () => {
    const submissions = new Submissions();
    const edges: Edge[] = [];
    let begin = nobody;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const onEdge = (edge: Edge): void => {
      edges.push(edge);
      if (edge === 'begin') begin();
    };
    let end = nobody;
    const enough = new Promise<void>((resolve) => (end = resolve));
    const result = closedLoop(order, submissions.submit, onEdge, enough);
    await turns();
    submissions.endAll(Ending.Aborted);
    await began;
    await turns();
    const before = edges.length;
    submissions.endAll();
    await turns();
    end();
    await turns();
    submissions.endAll();

    const { endings } = await result;
    expect(before).toBe(1);
    expect(edges).toEqual(['begin', 'end']);
    expect(endings.committed).toBe(3);
  });

  it('fails with the first fault of what it measures', async () => {
    const submit = (): Promise<Ending> => Promise.reject(new Error('connection reset'));

    await expect(closedLoop(order, submit, nobody)).rejects.toThrow('connection reset');
  });
});
