import { type ParticipantAppOptions, type RunningParticipantApp, startParticipantApp } from '#service/nest';
import { PaymentsModule } from './payments.module.js';
import { paymentsMigrations } from './migrations/index.js';

const DESCRIPTION = `Example participant: accounts in integer cents. Operations \`charge\` and \`credit {account, amount, orderId}\`, xa, with
saga action and compensation; too little money is \`INSUFFICIENT_FUNDS\`.`;

/** Starts the accounts service in this process; see startParticipantApp. */
export function startPayments(options?: ParticipantAppOptions): Promise<RunningParticipantApp> {
  return startParticipantApp(
    {
      app: 'payments',
      description: DESCRIPTION,
      schema: { name: 'payments', migrations: paymentsMigrations },
      initiates: false,
      module: (process) => PaymentsModule.over(process),
    },
    options,
  );
}
