import { Installation, type InstallationOptions, type Submission } from '../concordat/installation.js';
import type { BankStyle } from '../concordat/operations.js';
import { startDbos } from '../dbos/dbos.js';
import { floorName, startFloor, type FloorStyle } from '../floor/floor.js';
import type { Mode, Options, Wait } from '../options.js';
import { startPlain } from '../plain/plain.js';
import type { Site } from '../site.js';
import type { Contender } from './contender.js';

/** Everything that is measured in one run, and what it stands on. */
export interface Lineup {
  readonly contenders: readonly Contender[];
  stop(): Promise<void>;
}

/** Two banks a mode; one that knows no 2PC makes a transaction fall back. */
const BANKS: Record<Mode, Readonly<Record<string, BankStyle>>> = {
  tcc: { bank_1: 'tcc', bank_2: 'tcc' },
  saga: { bank_1: 'tcc', bank_2: 'tcc' },
  xa: { bank_xa_1: 'xa', bank_xa_2: 'xa' },
  fallback: { bank_1: 'tcc', bank_saga: 'saga-only' },
};

function submission(mode: Mode, wait: Wait, padding: number): Submission {
  return {
    name: `concordat ${mode} ${wait}`,
    wait,
    participants: Object.keys(BANKS[mode]),
    mode: mode === 'saga' ? 'saga' : '2pc',
    fallback: mode === 'fallback' ? 'saga' : 'none',
    padding,
  };
}

function installationOptions({ modes, coordinators, partitions }: Options): InstallationOptions {
  return { coordinators, partitions, banks: Object.assign({}, ...modes.map((mode) => BANKS[mode])) };
}

/** The floor a mode is held against: what has no 2PC style of its own costs at least the reservations. */
const floorStyleOf = (mode: Mode): FloorStyle => (mode === 'xa' ? 'xa' : 'tcc');
const floorStyles = (modes: readonly Mode[]): FloorStyle[] => [...new Set(modes.map(floorStyleOf))];

/** Starts all that `options` asks for. */
export async function lineUp(site: Site, options: Options, say: (line: string) => void): Promise<Lineup> {
  say('starting coordinator, participants and load');
  const installation = await Installation.start(site, installationOptions(options));
  const ours = options.modes.flatMap((mode) =>
    options.waits.map((wait) => ({
      ...installation.contender(submission(mode, wait, options.padding)),
      floor: floorName(floorStyleOf(mode)),
    })),
  );
  const others: Contender[] = [];
  for (const style of options.floor ? floorStyles(options.modes) : []) {
    say(`starting the ${floorName(style)}`);
    others.push(await startFloor(site, style));
  }
  if (options.peers) {
    say('starting plain commits');
    others.push(await startPlain(site));
    say('starting DBOS');
    others.push(await startDbos(site, say));
  }
  return {
    contenders: [...ours, ...others],
    stop: async () => {
      await installation.stop();
      await Promise.all(others.map((contender) => contender.stop()));
    },
  };
}
