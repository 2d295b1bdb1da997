import { type DynamicModule, Module } from '@nestjs/common';
import type { Bus } from '#messaging';
import type { Log } from '#observability';
import { ParticipantModule } from '#participant/nest';
import { createPostgresBranchStore, migrateParticipant } from '#persistence';
import { WalletsParticipant } from './wallets.participant.js';

/** `bus`: createKafkaBus({ brokers, clientId, log }). `url`: the wallets' own database, in the role that owns it. */
export interface WalletsSettings {
  readonly bus: Bus;
  readonly url: string;
  readonly log: Log;
}

@Module({ providers: [WalletsParticipant] })
export class WalletsModule {
  static over({ bus, url, log }: WalletsSettings): DynamicModule {
    const useFactory = async () => {
      await migrateParticipant(url); // schema "concordat": branches, fences, outbox
      const store = createPostgresBranchStore({ participant: 'wallets', url, log });
      const createTopics = { partitions: 12, replication: 1 };
      return { store, bus, log, createTopics, instance: `wallets-${process.pid}` };
    };
    return { module: WalletsModule, imports: [ParticipantModule.forRootAsync({ useFactory })] };
  }
}
