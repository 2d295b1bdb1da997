import { type ParticipantAppOptions, type RunningParticipantApp, startParticipantApp } from '#service/nest';
import { OrdersModule } from './orders.module.js';
import { ordersMigrations } from './migrations/index.js';

const DESCRIPTION = `Example initiator and participant: orders. \`POST /orders\` writes the order and the request for its transaction in one
local transaction; the order leaves PENDING by the outcome. Operation \`confirm {orderId}\`, tcc, with saga action and compensation.`;

/** Starts the orders service in this process; see startParticipantApp. */
export function startOrders(options?: ParticipantAppOptions): Promise<RunningParticipantApp> {
  return startParticipantApp(
    {
      app: 'orders',
      description: DESCRIPTION,
      schema: { name: 'orders', migrations: ordersMigrations },
      initiates: true,
      module: (process) => OrdersModule.over(process),
    },
    options,
  );
}
