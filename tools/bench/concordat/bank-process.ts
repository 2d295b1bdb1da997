/* A participant of the bench: accounts in a database of its own. */
import { createKafkaBus } from '#messaging';
import { createLog } from '#observability';
import type { ParticipantHealth } from '#participant';
import { serve } from '../processes/serve.js';
import { openBank, type BankPlan, type OpenBank } from './open-bank.js';
import type { Pace } from './operations.js';

export interface BankSetup extends BankPlan {
  readonly brokers: string;
}

const pace: Pace = { delayMs: 0 };
let bank: OpenBank | undefined;

async function start(setup: BankSetup): Promise<void> {
  const { name, brokers } = setup;
  const log = createLog({ level: 'info', name, instance: name });
  bank = await openBank(setup, createKafkaBus({ brokers: brokers.split(','), clientId: name, log }), pace);
}

const health = async (): Promise<ParticipantHealth> =>
  (await bank?.participant.health()) ?? { ok: false, detail: 'not started' };

async function slowDown(delayMs: number): Promise<void> {
  pace.delayMs = delayMs;
}

serve({ start, slowDown, health, stop: async () => bank?.stop() });
