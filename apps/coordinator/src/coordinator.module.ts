import { type DynamicModule, Module } from '@nestjs/common';
import type { DriverProcess } from '#service';
import { Door } from './http/door.js';
import { InquiriesController } from './inquiries/inquiries.controller.js';
import { InquiriesService } from './inquiries/inquiries.service.js';
import { DeadLettersController } from './recovery/dead-letters.controller.js';
import { DeadLettersService } from './recovery/dead-letters.service.js';
import { InDoubtService } from './recovery/in-doubt.service.js';
import { LedgerWideService } from './recovery/ledger-wide.service.js';
import { OperationsController } from './recovery/operations.controller.js';
import { OperationsService } from './recovery/operations.service.js';
import { RecoveryController } from './recovery/recovery.controller.js';
import { RegistryController } from './registry/registry.controller.js';
import { RegistryService } from './registry/registry.service.js';
import { ADMIN, BUS, CONFIG, DOOR, ENGINE, LEDGER, WAITING_WORK } from './tokens.js';
import { BeginService } from './transactions/begin.service.js';
import { LedgerReader } from './transactions/ledger-reader.js';
import { TransactionsController } from './transactions/transactions.controller.js';
import { TransactionsService } from './transactions/transactions.service.js';

/** The HTTP side of a coordinator over the driver process it is given. */
@Module({
  controllers: [
    TransactionsController,
    InquiriesController,
    RegistryController,
    RecoveryController,
    OperationsController,
    DeadLettersController,
  ],
  providers: [
    BeginService,
    TransactionsService,
    InquiriesService,
    RegistryService,
    InDoubtService,
    LedgerWideService,
    OperationsService,
    DeadLettersService,
  ],
})
export class CoordinatorModule {
  static over(driver: DriverProcess): DynamicModule {
    return {
      module: CoordinatorModule,
      providers: [
        { provide: CONFIG, useValue: driver.config },
        { provide: BUS, useValue: driver.bus },
        { provide: ENGINE, useValue: driver.engine },
        { provide: LEDGER, useValue: driver.ledger },
        { provide: ADMIN, useValue: driver.admin },
        { provide: WAITING_WORK, useValue: driver.waitingWork },
        { provide: DOOR, useValue: new Door(driver) },
        { provide: LedgerReader, useValue: new LedgerReader(driver.ledger) },
      ],
    };
  }
}
