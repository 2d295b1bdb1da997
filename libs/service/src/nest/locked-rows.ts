import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { Problem } from '../http/problem.js';

/** SQLSTATE: lock not available in time, deadlock, serialization failure. */
const PASSING = new Set(['55P03', '40P01', '40001']);

/**
 * A row that a transaction in doubt holds is no fault of the caller and no broken database: 503, come back. For controllers that
 * write rows which branches also write.
 */
@Injectable()
export class LockedRows implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => namedFault(error))));
  }
}

function namedFault(error: unknown): unknown {
  const isLocked = error instanceof Error && 'code' in error && PASSING.has(String(error.code));
  if (!isLocked) return error;
  const detail = 'A transaction that is not decided yet holds this row. Repeat the request later.';
  return new Problem(503, 'CONCORDAT_LOCKED', detail, { headers: { 'retry-after': '1' }, cause: error });
}
