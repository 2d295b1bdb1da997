import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { Log } from '#observability';
import { eachOutcome } from '../outbox/each-outcome.js';
import type { OutcomeHandler, TransactionOutcome } from '../outbox/outcome.js';
import { ON_OUTCOME, type OnOutcomeOptions } from './on-outcome.js';

type Methods = Record<string, (input: unknown) => Promise<never>>;

/** Finds the methods marked with `@OnOutcome()`. */
@Injectable()
export class OutcomeExplorer {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  handlers(log: Log): readonly OutcomeHandler[] {
    return this.discovery.getProviders().flatMap(({ instance, metatype }) => {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) return [];
      const methods = instance as Methods;
      return this.scanner.getAllMethodNames(Object.getPrototypeOf(methods) as object).flatMap((name) => {
        const options = this.reflector.get<OnOutcomeOptions | undefined>(ON_OUTCOME, methods[name]!);
        return options === undefined ? [] : [handlerFor(methods, name, options, log)];
      });
    });
  }
}

function handlerFor(
  methods: Methods,
  name: string,
  { batch = false }: OnOutcomeOptions,
  log: Log,
): OutcomeHandler {
  if (batch) return (outcomes) => methods[name]!(outcomes);
  return eachOutcome((outcome: TransactionOutcome) => methods[name]!(outcome), log);
}
