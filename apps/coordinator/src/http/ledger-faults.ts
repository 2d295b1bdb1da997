import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, catchError } from 'rxjs';
import { LedgerError } from '#persistence';
import { invalid, unavailable } from '#service';

const AWAY =
  'The ledger does not answer now, so nothing can be said about this request. Repeat it later, with the same id or Idempotency-Key where it has one.';

/** Every fault of the ledger is a 503 that claims nothing, and a cursor that is none a 400; the rest passes. */
@Injectable()
export class LedgerFaults implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw translated(error);
      }),
    );
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  if (error.code === 'REFUSED' && error.message.startsWith('cursor'))
    return invalid([{ pointer: '/cursor', detail: 'is not a cursor of this list' }]);
  return unavailable('database', AWAY, error);
}
