import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ParticipantModule } from '#participant/nest';
import type { ParticipantProcess } from '#service';
import { databaseOf, LockedRows } from '#service/nest';
import { AccountController } from './accounts/account.controller.js';
import { Account, Entry } from './accounts/account.entity.js';
import { AccountService } from './accounts/account.service.js';
import { PaymentsParticipant } from './transfer/payments.participant.js';

@Module({
  controllers: [AccountController],
  providers: [AccountService, PaymentsParticipant, { provide: APP_INTERCEPTOR, useClass: LockedRows }],
})
export class PaymentsModule {
  static over(process: ParticipantProcess): DynamicModule {
    return {
      module: PaymentsModule,
      imports: [
        TypeOrmModule.forRoot(databaseOf(process, [Account, Entry])),
        ParticipantModule.forRoot(process.participantOptions),
      ],
    };
  }
}
