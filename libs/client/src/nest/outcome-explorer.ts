import { Injectable } from '@nestjs/common';
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
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  handlers(log: Log): readonly OutcomeHandler[] {
    return this.discovery.getProviders().flatMap((wrapper) => {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || !wrapper.isDependencyTreeStatic()) return [];
      const methods = instance as Methods;
      return this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object).flatMap((name) => {
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
