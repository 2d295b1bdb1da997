import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { BranchContext, StatementContext } from '../operations/branch-context.js';
import type { NamedStatement } from '../operations/operation.js';
import type { BatchResult, HandlerResult } from '../operations/refused.js';

export const PARTICIPANT = 'concordat:participant';
export const HANDLERS = 'concordat:handlers';

/** What a method does for an operation. */
export type Role = 'xa' | 'tcc' | 'confirm' | 'cancel' | 'action' | 'compensate';

/** How a method does it: the step it makes (see `Step`). */
export type Form = 'one' | 'batch' | 'statement';

/** One decorator on one method. */
export interface HandlerMark {
  readonly role: Role;
  readonly operation: string;
  readonly form: Form;
  /** Of xa, tcc, action; the others take what was checked then. */
  readonly schema: z.ZodType | null;
}

type Single<T> = (tx: BranchContext<T>) => Promise<HandlerResult>;
type Batch<T> = (
  contexts: readonly BranchContext<T>[],
  client: never,
) => Promise<readonly BatchResult[] | undefined | void>;
type Naming<T> = (contexts: readonly StatementContext<T>[]) => NamedStatement;
/** Only methods of this shape take the decorator: a handler with another payload does not compile. */
type Marks<H> = <M extends H>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** Marks a provider whose methods are the operations of participant `name`. One name an application. */
export const Participant = (name: string): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(PARTICIPANT, name));

/** Business SQL on `tx.client`, prepared by PREPARE TRANSACTION. */
export const Xa = <T>(operation: string, schema: z.ZodType<T>): Marks<Single<T>> =>
  mark('xa', operation, schema);
/** Reserves; `@Confirm` or `@Cancel` of the same operation follow the decision. */
export const Tcc = <T>(operation: string, schema: z.ZodType<T>): Marks<Single<T>> =>
  mark('tcc', operation, schema);
export const Confirm = (operation: string): Marks<Single<never>> => mark('confirm', operation, null);
export const Cancel = (operation: string): Marks<Single<never>> => mark('cancel', operation, null);
/** A saga step; `@Compensate` of the same operation undoes it. */
export const Action = <T>(operation: string, schema: z.ZodType<T>): Marks<Single<T>> =>
  mark('action', operation, schema);
export const Compensate = (operation: string): Marks<Single<never>> => mark('compensate', operation, null);

/** The same for many branches at once: `(contexts, client) => results` (see `BatchStep`). */
export const TccBatch = <T>(operation: string, schema: z.ZodType<T>): Marks<Batch<T>> =>
  mark('tcc', operation, schema, 'batch');
export const ConfirmBatch = (operation: string): Marks<Batch<never>> =>
  mark('confirm', operation, null, 'batch');
export const CancelBatch = (operation: string): Marks<Batch<never>> =>
  mark('cancel', operation, null, 'batch');
export const ActionBatch = <T>(operation: string, schema: z.ZodType<T>): Marks<Batch<T>> =>
  mark('action', operation, schema, 'batch');
export const CompensateBatch = (operation: string): Marks<Batch<never>> =>
  mark('compensate', operation, null, 'batch');

/** The same for methods that name their SQL instead of running it: `(contexts) => statement` (see `StatementStep`). */
export const XaStatement = <T>(operation: string, schema: z.ZodType<T>): Marks<Naming<T>> =>
  mark('xa', operation, schema, 'statement');
export const TccStatement = <T>(operation: string, schema: z.ZodType<T>): Marks<Naming<T>> =>
  mark('tcc', operation, schema, 'statement');
export const ConfirmStatement = (operation: string): Marks<Naming<never>> =>
  mark('confirm', operation, null, 'statement');
export const CancelStatement = (operation: string): Marks<Naming<never>> =>
  mark('cancel', operation, null, 'statement');
export const ActionStatement = <T>(operation: string, schema: z.ZodType<T>): Marks<Naming<T>> =>
  mark('action', operation, schema, 'statement');
export const CompensateStatement = (operation: string): Marks<Naming<never>> =>
  mark('compensate', operation, null, 'statement');

/** A method may carry several: the same code can be a tcc try and a saga action. */
function mark<H>(role: Role, operation: string, schema: z.ZodType | null, form: Form = 'one'): Marks<H> {
  return (_target, _property, descriptor) => {
    const method = descriptor.value as object;
    const before = (Reflect.getMetadata(HANDLERS, method) as readonly HandlerMark[] | undefined) ?? [];
    Reflect.defineMetadata(HANDLERS, [...before, { role, operation, schema, form }], method);
  };
}
