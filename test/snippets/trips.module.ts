import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConcordatClientModule } from '#client/nest';
import { createPostgresOutboxStore, migrateParticipant } from '#persistence';
import { Trips } from './trips.js';
import type { WalletsSettings } from './wallets.module.js';

@Module({ providers: [Trips], exports: [Trips] })
export class TripsModule {
  static over({ bus, url, log }: WalletsSettings): DynamicModule {
    const client = async () => {
      await migrateParticipant(url); // the outbox lies in the same schema
      return { initiator: 'trips', bus, log, outboxStore: createPostgresOutboxStore({ url, log }) };
    };
    const connect = () => new DataSource({ type: 'postgres', url }).initialize();
    return {
      module: TripsModule,
      imports: [ConcordatClientModule.forRootAsync({ useFactory: client })],
      providers: [{ provide: DataSource, useFactory: connect }],
    };
  }
}
