import { Installation, type InstallationOptions, type Submission } from '../concordat/installation.js';
import type { BankStyle } from '../concordat/operations.js';
import { startFloor } from '../floor/floor.js';
import type { Mode, Options, Wait } from '../options.js';
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

/** Starts all that `options` asks for. */
export async function lineUp(site: Site, options: Options, say: (line: string) => void): Promise<Lineup> {
  say('starting coordinator, participants and load');
  const installation = await Installation.start(site, installationOptions(options));
  const ours = options.modes.flatMap((mode) =>
    options.waits.map((wait) => installation.contender(submission(mode, wait, options.padding))),
  );
  const others: Contender[] = [];
  if (options.floor) {
    say('starting the floor');
    others.push(await startFloor(site));
  }
  return {
    contenders: [...ours, ...others],
    stop: async () => {
      await installation.stop();
      await Promise.all(others.map((contender) => contender.stop()));
    },
  };
}
