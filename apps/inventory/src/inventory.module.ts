import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ParticipantModule } from '#participant/nest';
import type { ParticipantProcess } from '#service';
import { databaseOf, LockedRows } from '#service/nest';
import { InventoryParticipant } from './reserve/inventory.participant.js';
import { StockController } from './stock/stock.controller.js';
import { Movement, Stock } from './stock/stock.entity.js';
import { StockService } from './stock/stock.service.js';

@Module({
  controllers: [StockController],
  providers: [StockService, InventoryParticipant, { provide: APP_INTERCEPTOR, useClass: LockedRows }],
})
export class InventoryModule {
  static over(process: ParticipantProcess): DynamicModule {
    return {
      module: InventoryModule,
      imports: [
        TypeOrmModule.forRoot(databaseOf(process, [Stock, Movement])),
        ParticipantModule.forRoot(process.participantOptions),
      ],
    };
  }
}
