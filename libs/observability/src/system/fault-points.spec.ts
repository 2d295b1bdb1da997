import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FAULT_POINTS, type FaultPoints } from '../ports.js';
import { checkFaultSetting, faultPointsOf, type FaultSpec, noFaultPoints } from './fault-points.js';

function armed(setting: string): { struck: FaultSpec[]; points: FaultPoints } {
  const struck: FaultSpec[] = [];
  return { struck, points: faultPointsOf(setting, (fault) => struck.push(fault)) };
}

describe('an armed fault point', () => {
  it('strikes at the nth pass, and only once', () => {
    const { struck, points } = armed('C5:kill:2');
    void points.reach('C5');
    expect(struck).toEqual([]);
    void points.reach('C5');
    void points.reach('C5');
    expect(struck).toEqual([{ point: 'C5', action: 'kill', nth: 2 }]);
  });

  it('strikes at the batch that holds the nth item', () => {
    const { struck, points } = armed('P3:pause:10');
    void points.reach('P3', 9);
    expect(struck).toHaveLength(0);
    void points.reach('P3', 5);
    expect(struck).toHaveLength(1);
  });

  it('lets every other point pass', () => {
    const { struck, points } = armed('C5:kill');
    for (const point of FAULT_POINTS.filter((name) => name !== 'C5')) void points.reach(point);
    expect(struck).toEqual([]);
    expect(points.armed).toBe('C5');
    expect(noFaultPoints.armed).toBeNull();
  });
});

it.each(['', 'C5', 'C5:die', 'C99:kill', 'C5:kill:0', 'C5:kill:x', 'C5:kill:1:2', 'c5:kill'])(
  'the spec %j is refused with what is allowed',
  (spec) =>
    expect(() => checkFaultSetting(spec)).toThrow(/must be <point>:<kill\|pause>\[:nth\], point one of C1/),
);

describe('a fault point armed by a file', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'fault-point-'));
    file = path.join(directory, 'fault');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('strikes once while the file names it, and not before or after', () => {
    const { struck, points } = armed(`file:${file}`);
    void points.reach('C5');
    expect(points.armed).toBeNull();
    writeFileSync(file, 'C5:kill');
    expect(points.armed).toBe('C5');
    void points.reach('C4');
    expect(struck).toEqual([]);
    void points.reach('C5');
    void points.reach('C5');
    rmSync(file);
    void points.reach('C5');
    expect([struck, points.armed]).toEqual([[{ point: 'C5', action: 'kill', nth: 1 }], null]);
  });

  it('strikes again when it is named again', () => {
    const { struck, points } = armed(`file:${file}`);
    for (let time = 0; time < 2; time += 1) {
      writeFileSync(file, 'P3:pause');
      void points.reach('P3');
      rmSync(file);
      void points.reach('P3');
    }
    expect(struck).toHaveLength(2);
  });

  it('is asked for by a whole path only', () => {
    expect(() => checkFaultSetting(`file:${file}`)).not.toThrow();
    expect(() => checkFaultSetting('file:fault')).toThrow(/absolute path/);
  });
});
