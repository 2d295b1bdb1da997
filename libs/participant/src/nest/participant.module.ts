import { Inject, Module } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  DynamicModule,
  FactoryProvider,
  ModuleMetadata,
  OnApplicationBootstrap,
  OnModuleInit,
  Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { entityManagerOver } from '#persistence';
import type { ParticipantOptions } from '../runtime/options.js';
import { BranchesController } from './branches.controller.js';
import { ParticipantExplorer } from './participant-explorer.js';
import { ParticipantHost } from './participant-host.js';
import { PARTICIPANT_OPTIONS } from './tokens.js';

/** Everything but name and operations, which the decorators say. Store and bus are closed by who made them. */
export interface ParticipantModuleOptions extends Omit<ParticipantOptions, 'name' | 'operations'> {
  /** Gives handlers `tx.entityManager()` over the open transaction. */
  readonly dataSource?: DataSource | undefined;
}

export interface ParticipantModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  /** Called with what `inject` names. */
  readonly useFactory: FactoryProvider<ParticipantModuleOptions>['useFactory'];
}

/**
 * The participant of an application: finds the handlers of its `@Participant` providers, runs them from bootstrap to shutdown,
 * serves `GET /concordat/branches`. Faulty handlers fail the start with one list of all of them. Global: inject ParticipantHost.
 */
@Module({})
export class ParticipantModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(PARTICIPANT_OPTIONS) private readonly options: ParticipantModuleOptions,
    @Inject(ParticipantExplorer) private readonly explorer: ParticipantExplorer,
    @Inject(ParticipantHost) private readonly host: ParticipantHost,
  ) {}

  static forRoot(options: ParticipantModuleOptions): DynamicModule {
    return moduleWith({ provide: PARTICIPANT_OPTIONS, useValue: options }, []);
  }

  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
  }: ParticipantModuleAsyncOptions): DynamicModule {
    return moduleWith({ provide: PARTICIPANT_OPTIONS, inject, useFactory }, imports);
  }

  onModuleInit(): void {
    const { dataSource, ...options } = this.options;
    const entityManager =
      options.entityManager ?? (dataSource && ((client: unknown) => entityManagerOver(dataSource, client)));
    this.host.build({ ...options, entityManager }, this.explorer.explore());
  }

  /** Rejects, and with it the application's start, for what only an operator can change; else it goes on trying. */
  async onApplicationBootstrap(): Promise<void> {
    await this.host.runtime.start();
  }

  /** Before connections are closed: drains, answers, commits offsets. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.host.stop();
  }
}

function moduleWith(options: Provider, imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
  return {
    module: ParticipantModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    controllers: [BranchesController],
    providers: [options, ParticipantExplorer, ParticipantHost],
    exports: [ParticipantHost],
  };
}
