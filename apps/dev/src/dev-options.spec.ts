import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { devOptions } from './dev-options.js';

describe('the arguments of the all-in-one', () => {
  it('have defaults: data beside the caller, the usual ports', () => {
    expect(devOptions([])).toEqual({ dir: path.resolve('.concordat'), portOffset: 0 });
  });

  it('move data and ports', () => {
    expect(devOptions(['--dir', 'x', '--port-offset', '1000'])).toEqual({
      dir: path.resolve('x'),
      portOffset: 1000,
    });
  });
});
