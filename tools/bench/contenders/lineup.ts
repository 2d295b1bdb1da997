import { startInitiator } from '../concordat/initiator.js';
import { Installation, type InstallationOptions, type Submission } from '../concordat/installation.js';
import type { BankStyle } from '../concordat/operations.js';
import { startDbos } from '../dbos/dbos.js';
import { startEmbedded, startEmbeddedFloor } from '../embedded/embedded.js';
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
  const ours = await startOurs(site, options, say);
  const others: Contender[] = [];
  for (const style of options.floor ? floorStyles(options.modes) : []) {
    say(`starting the ${floorName(style)}`);
    others.push(await startFloor(site, style));
  }
  if (options.embedded) {
    say('starting the embedded installation');
    others.push(await startEmbedded(site));
    if (options.floor) others.push(await startEmbeddedFloor(site));
  }
  if (options.peers) {
    say('starting plain commits and DBOS');
    others.push(await startPlain(site), await startDbos(site, say));
  }
  return {
    contenders: [...ours.contenders, ...others],
    stop: async () => {
      await ours.stop();
      await Promise.all(others.map((contender) => contender.stop()));
    },
  };
}

async function startOurs(site: Site, options: Options, say: (line: string) => void): Promise<Lineup> {
  say('starting coordinator, participants and load');
  const installation = await Installation.start(site, installationOptions(options));
  const contenders: Contender[] = [];
  const add = (mode: Mode, contender: Contender): void => {
    contenders.push({ ...contender, floor: floorName(floorStyleOf(mode)) });
  };
  const overHttp = options.submissions.includes('http') ? options.waits : [];
  for (const mode of options.modes) {
    for (const wait of overHttp) add(mode, installation.contender(submission(mode, wait, options.padding)));
  }
  if (!options.submissions.includes('outbox')) return { contenders, stop: () => installation.stop() };
  const initiator = await startInitiator(site, installation, options.partitions);
  for (const mode of options.modes) {
    const overKafka = { ...submission(mode, 'decided', options.padding), name: `concordat ${mode} outbox` };
    add(mode, initiator.contender(overKafka));
  }
  return {
    contenders,
    stop: async () => {
      await initiator.stop();
      await installation.stop();
    },
  };
}
