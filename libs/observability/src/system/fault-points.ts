import { existsSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
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

/** Before the name of a file that holds the spec. */
const FILE = 'file:';

/** What CONCORDAT_FAULT_POINT may be: a spec, or `file:` and the whole path of a file. Throws RangeError that says what is allowed. */
export function checkFaultSetting(setting: string): void {
  if (!setting.startsWith(FILE)) parseFaultSpec(setting);
  else if (!path.isAbsolute(setting.slice(FILE.length)))
    throw new RangeError(`fault point ${JSON.stringify(setting)} must name its file by an absolute path`);
}

/** Arms what the setting (see `checkFaultSetting`) says. */
export function faultPointsOf(setting: string, strike: FaultStrike = strikeProcess): FaultPoints {
  return setting.startsWith(FILE)
    ? faultPointsFromFile(setting.slice(FILE.length), strike)
    : faultPointsFromSpec(setting, strike);
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
function faultPointsFromSpec(spec: string, strike: FaultStrike): FaultPoints {
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

/** A process that runs is armed by writing the file, and disarmed by removing it: it is read at every pass. */
function faultPointsFromFile(file: string, strike: FaultStrike): FaultPoints {
  let spec = '';
  let points = noFaultPoints;
  const current = (): FaultPoints => {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (now !== spec) points = now === '' ? noFaultPoints : faultPointsFromSpec(now, strike);
    spec = now;
    return points;
  };
  return {
    get armed() {
      return current().armed;
    },
    reach: (name, times) => current().reach(name, times),
  };
}

const SIGNALS = { kill: 'SIGKILL', pause: 'SIGSTOP' } as const;

/** A signal a process sends to itself is taken before kill() returns: no further line of code runs first. */
function strikeProcess({ point, action }: FaultSpec): void {
  writeSync(2, `fault point ${point}: ${action}\n`);
  process.kill(process.pid, SIGNALS[action]);
}
