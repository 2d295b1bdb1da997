import { type ParticipantAppOptions, type RunningParticipantApp, startParticipantApp } from '#service/nest';
import { InventoryModule } from './inventory.module.js';
import { inventoryMigrations } from './migrations/index.js';

const DESCRIPTION = `Example participant: stock. Operation \`reserve {orderId, lines: [{sku, quantity}]}\`, tcc, with saga action and
compensation; not enough of a sku is \`OUT_OF_STOCK\`.`;

/** Starts the stock service in this process; see startParticipantApp. */
export function startInventory(options?: ParticipantAppOptions): Promise<RunningParticipantApp> {
  return startParticipantApp(
    {
      app: 'inventory',
      description: DESCRIPTION,
      schema: { name: 'inventory', migrations: inventoryMigrations },
      initiates: false,
      module: (process) => InventoryModule.over(process),
    },
    options,
  );
}
