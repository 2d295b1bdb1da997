import { describe, expect, it } from '@jest/globals';
import { FAULT_POINTS } from '../ports.js';
import { faultPointsFromSpec, type FaultSpec, noFaultPoints, parseFaultSpec } from './fault-points.js';

describe('an armed fault point', () => {
  const armed = (spec: string): { struck: FaultSpec[]; points: ReturnType<typeof faultPointsFromSpec> } => {
    const struck: FaultSpec[] = [];
    return { struck, points: faultPointsFromSpec(spec, (fault) => struck.push(fault)) };
  };

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
    expect(() => parseFaultSpec(spec)).toThrow(/must be <point>:<kill\|pause>\[:nth\], point one of C1/),
);
