import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  UseGuards,
  applyDecorators,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { transactionId } from '../http/transaction-id.js';
import { OperationsService } from './operations.service.js';
import { CALLER_HEADER, Caller, RecoveryGuard } from './recovery.guard.js';
import {
  actionResultSchema,
  dryRunQuerySchema,
  reasonSchema,
  resolveSchema,
  type ActionResultView,
  type DryRunQuery,
  type ReasonBody,
  type ResolveBody,
} from './recovery-schema.js';

/** One operator action: its path, and what the document says of it. */
function Action(path: string, summary: string): MethodDecorator {
  return applyDecorators(
    Post(path),
    HttpCode(200),
    ApiOperation({ summary }),
    ApiResponse({ status: 200, standardSchema: actionResultSchema }),
    ApiResponse({ status: 409, description: 'A precondition does not hold; `evidence` shows why.' }),
  );
}

@ApiTags('recovery')
@ApiHeader(CALLER_HEADER)
@UseGuards(RecoveryGuard)
@Controller('v1/recovery/transactions/:id')
export class OperationsController {
  constructor(@Inject(OperationsService) private readonly operations: OperationsService) {}

  @Action('retry', 'Send again what waits for an answer; always safe')
  retry(
    @Param('id', { schema: transactionId }) id: string,
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ActionResultView> {
    return this.operations.call({ id, action: 'retry', reason, caller, dryRun });
  }

  @Action('force-abort', 'Abort while undecided; a saga before its pivot is compensated')
  forceAbort(
    @Param('id', { schema: transactionId }) id: string,
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ActionResultView> {
    return this.operations.call({ id, action: 'force-abort', reason, caller, dryRun });
  }

  @Action('force-commit', 'Commit while undecided, only if every branch votes YES when asked again')
  forceCommit(
    @Param('id', { schema: transactionId }) id: string,
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ActionResultView> {
    return this.operations.call({ id, action: 'force-commit', reason, caller, dryRun });
  }

  @Action('forget', 'Let participants drop payload and output, when nothing is unresolved')
  forget(
    @Param('id', { schema: transactionId }) id: string,
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ActionResultView> {
    return this.operations.call({ id, action: 'forget', reason, caller, dryRun });
  }

  @Action('resolve', 'Say by evidence what a branch of a quarantined transaction came to')
  resolve(
    @Param('id', { schema: transactionId }) id: string,
    @Body({ schema: resolveSchema }) { reason, ...resolution }: ResolveBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ActionResultView> {
    return this.operations.call({ id, action: 'resolve', reason, caller, dryRun, resolution });
  }
}
