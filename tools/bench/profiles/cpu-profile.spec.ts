import { describe, expect, it } from '@jest/globals';
import { timeByOwner, type CallFrame } from './cpu-profile.js';

const node = (id: number, functionName: string, url: string, ...children: number[]) => ({
  id,
  callFrame: { functionName, url, lineNumber: 0, columnNumber: 0 },
  children,
});

const asRun = ({ url }: CallFrame): string => url;

describe('CPU time by owner', () => {
  it('gives what Node does to whoever asked for it', () => {
    const times = timeByOwner(
      {
        nodes: [
          node(1, '(root)', '', 2, 4, 5),
          node(2, 'encode', 'file:///x/node_modules/@scope/some-package/src/a.js', 3),
          node(3, 'writeBuffer', ''),
          node(4, 'step', 'file:///x/dist/libs/protocol/src/step.js'),
          node(5, '(idle)', ''),
        ],
        samples: [2, 3, 4, 5],
        timeDeltas: [10, 20, 30, 40],
      },
      asRun,
    );

    expect(Object.fromEntries(times)).toEqual({
      '@scope/some-package': 30,
      'libs/protocol': 30,
      '(idle)': 40,
    });
  });

  it('counts for Node what nobody asked for', () => {
    const nodes = [node(1, '(root)', '', 2), node(2, 'processTimers', 'node:internal/timers')];

    expect(Object.fromEntries(timeByOwner({ nodes, samples: [2], timeDeltas: [5] }, asRun))).toEqual({
      node: 5,
    });
  });
});
