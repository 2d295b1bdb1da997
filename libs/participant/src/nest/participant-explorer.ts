import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { invalidHandlers } from '../operations/catalog.js';
import type { OperationDefinition } from '../operations/operation.js';
import { assemble } from './assemble.js';
import type { FoundHandler } from './assemble.js';
import { HANDLERS, PARTICIPANT } from './decorators.js';
import type { HandlerMark } from './decorators.js';

/** What the decorators of an application say. */
export interface Explored {
  readonly name: string;
  readonly operations: readonly OperationDefinition[];
}

/** Finds the providers marked with `@Participant` and the handlers on them. */
@Injectable()
export class ParticipantExplorer {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** Throws ParticipantError that lists every fault of names and handlers. */
  explore(): Explored {
    const providers = this.participants();
    const names = [...new Set(providers.map(({ name }) => name))];
    const [name] = names;
    if (name === undefined) throw invalidHandlers(['no provider is marked @Participant(name)']);
    if (names.length > 1)
      throw invalidHandlers([
        `one application is one participant, but these are marked: ${names.join(', ')}`,
      ]);
    return { name, operations: assemble(providers.flatMap(({ instance }) => this.handlersOf(instance))) };
  }

  private participants(): { readonly name: string; readonly instance: object }[] {
    return this.discovery.getProviders().flatMap(({ instance, metatype }) => {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) return [];
      const name = Reflect.getMetadata(PARTICIPANT, metatype) as string | undefined;
      return name === undefined ? [] : [{ name, instance: instance as object }];
    });
  }

  private handlersOf(instance: object): FoundHandler[] {
    const methods = instance as Record<string, (...args: never[]) => Promise<never>>;
    return this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object).flatMap((name) => {
      const marks =
        (Reflect.getMetadata(HANDLERS, methods[name]!) as readonly HandlerMark[] | undefined) ?? [];
      const where = `${instance.constructor.name}.${name}`;
      return marks.map((mark) => ({ ...mark, where, call: (...args: never[]) => methods[name]!(...args) }));
    });
  }
}
