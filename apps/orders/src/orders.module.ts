import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConcordatClientModule } from '#client/nest';
import { ParticipantModule } from '#participant/nest';
import type { ParticipantProcess } from '#service';
import { databaseOf, LockedRows } from '#service/nest';
import { OrdersParticipant } from './confirm/orders.participant.js';
import { CloseOrders } from './orders/close-orders.js';
import { OrderController } from './orders/order.controller.js';
import { Order } from './orders/order.entity.js';
import { PlaceOrder } from './orders/place-order.js';
import { ReadOrders } from './orders/read-orders.js';

@Module({
  controllers: [OrderController],
  providers: [
    PlaceOrder,
    ReadOrders,
    CloseOrders,
    OrdersParticipant,
    { provide: APP_INTERCEPTOR, useClass: LockedRows },
  ],
})
export class OrdersModule {
  static over(process: ParticipantProcess): DynamicModule {
    return {
      module: OrdersModule,
      imports: [
        TypeOrmModule.forRoot(databaseOf(process, [Order])),
        ParticipantModule.forRoot(process.participantOptions),
        ConcordatClientModule.forRoot(process.clientOptions),
      ],
    };
  }
}
