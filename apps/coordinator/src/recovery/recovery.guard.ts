import { type CanActivate, type ExecutionContext, Injectable, createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { invalid } from '#service';

const HEADER = 'x-concordat-caller';
/** For the document. */
export const CALLER_HEADER = {
  name: HEADER,
  required: false,
  description: 'Who calls, for the audit log; default: the remote address.',
} as const;
const CALLER = /^[\x21-\x7e][\x20-\x7e]{0,127}$/;

/** Who called, as it goes to the audit log. */
const callers = new WeakMap<object, string>();

/**
 * The one place that decides who may call the recovery endpoints. Everybody who reaches this port may, for now; roles are added
 * here. The header only names the caller for the audit log: it proves nothing.
 */
@Injectable()
export class RecoveryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    callers.set(request, callerOf(request));
    return true;
  }
}

function callerOf(request: FastifyRequest): string {
  const named = request.headers[HEADER];
  if (named === undefined) return request.ip;
  if (typeof named === 'string' && CALLER.test(named)) return named;
  throw invalid([{ pointer: `/${HEADER}`, detail: 'must be 1 to 128 printable ASCII characters' }]);
}

/** The caller of a request that passed the guard. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return callers.get(request) ?? request.ip;
});
