import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { silentLog } from '#observability';
import type { ClientOptions } from '../client-options.js';
import { type ConcordatClient, createConcordatClient } from '../concordat-client.js';
import { TransactionOutbox } from '../outbox/transaction-outbox.js';
import { TransactionClient } from '../transaction-client.js';
import { OutcomeExplorer } from './outcome-explorer.js';

/** Injection token of the ConcordatClient: whether it is connected. */
export const CONCORDAT_CLIENT = Symbol('CONCORDAT_CLIENT');
const CLIENT_OPTIONS = Symbol('CONCORDAT_CLIENT_OPTIONS');

export interface ClientModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  // Nest calls the factory with what `inject` names.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly useFactory: (...dependencies: any[]) => ClientOptions | Promise<ClientOptions>;
}

/**
 * Provides TransactionClient and TransactionOutbox, calls `@OnOutcome()` methods, relays the outbox from bootstrap to shutdown.
 * Global: one client an application.
 */
@Module({})
export class ConcordatClientModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(CONCORDAT_CLIENT) private readonly client: ConcordatClient,
    @Inject(CLIENT_OPTIONS) private readonly options: ClientOptions,
    @Inject(OutcomeExplorer) private readonly explorer: OutcomeExplorer,
  ) {}

  static forRoot(options: ClientOptions): DynamicModule {
    return moduleWith({ provide: CLIENT_OPTIONS, useValue: options }, []);
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: ClientModuleAsyncOptions): DynamicModule {
    return moduleWith({ provide: CLIENT_OPTIONS, inject, useFactory }, imports);
  }

  onApplicationBootstrap(): void {
    const handlers = this.explorer.handlers(this.options.log ?? silentLog);
    for (const handler of handlers) this.client.onOutcome(handler);
    this.client.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.client.stop();
  }
}

function moduleWith(options: Provider, imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
  return {
    module: ConcordatClientModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [options, OutcomeExplorer, ...PROVIDERS],
    exports: [CONCORDAT_CLIENT, TransactionClient, TransactionOutbox],
  };
}

const PROVIDERS: readonly Provider[] = [
  {
    provide: CONCORDAT_CLIENT,
    inject: [CLIENT_OPTIONS],
    useFactory: (options: ClientOptions) => createConcordatClient(options),
  },
  {
    provide: TransactionClient,
    inject: [CONCORDAT_CLIENT],
    useFactory: (client: ConcordatClient) => client.transactions,
  },
  {
    provide: TransactionOutbox,
    inject: [CONCORDAT_CLIENT],
    useFactory: (client: ConcordatClient) => client.outbox,
  },
];
