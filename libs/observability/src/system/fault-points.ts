import { writeSync } from 'node:fs';
import { FAULT_POINTS, type FaultPoint, type FaultPoints } from '../ports.js';

/** Every point is passed without a stop: production. */
export const noFaultPoints: FaultPoints = { armed: null, reach: () => undefined };

const FaultAction = { Kill: 'kill', Pause: 'pause' } as const;
export type FaultAction = (typeof FaultAction)[keyof typeof FaultAction];

/** One armed point: the `nth` pass through `point` does `action`, once. */
export interface FaultSpec {
  readonly point: FaultPoint;
  readonly action: FaultAction;
  readonly nth: number;
}

/** Reads `C5:kill:2` (`<point>:<kill|pause>[:nth]`, nth from 1). Throws RangeError that says what is allowed. */
export function parseFaultSpec(spec: string): FaultSpec {
  const [point, action, nth = '1', ...rest] = spec.split(':');
  const known = FAULT_POINTS.find((name) => name === point);
  const doing = Object.values(FaultAction).find((name) => name === action);
  if (known === undefined || doing === undefined || !/^[1-9][0-9]{0,8}$/.test(nth) || rest.length > 0) {
    throw new RangeError(
      `fault point ${JSON.stringify(spec)} must be <point>:<kill|pause>[:nth], point one of ${FAULT_POINTS.join(' ')}`,
    );
  }
  return { point: known, action: doing, nth: Number(nth) };
}

/** What an armed point does to the process; tests of this file give their own. */
export type FaultStrike = (spec: FaultSpec) => void;

/** Arms the point of `spec`. A batch of `times` items that contains the nth pass strikes. */
export function faultPointsFromSpec(spec: string, strike: FaultStrike = strikeProcess): FaultPoints {
  const armed = parseFaultSpec(spec);
  let passes = 0;
  return {
    armed: armed.point,
    reach(name, times = 1) {
      if (name !== armed.point || passes >= armed.nth) return;
      passes += times;
      if (passes >= armed.nth) strike(armed);
    },
  };
}

const SIGNALS = { kill: 'SIGKILL', pause: 'SIGSTOP' } as const;

/** A signal a process sends to itself is taken before kill() returns: no further line of code runs first. */
function strikeProcess({ point, action }: FaultSpec): void {
  writeSync(2, `fault point ${point}: ${action}\n`);
  process.kill(process.pid, SIGNALS[action]);
}
