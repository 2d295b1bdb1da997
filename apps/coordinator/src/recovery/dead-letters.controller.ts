import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageSchema, type Page } from '#service';
import { noQuerySchema } from '../http/query.js';
import {
  deadLetterIdParam,
  deadLetterQuerySchema,
  deadLetterSchema,
  requeueResultSchema,
  type DeadLetterQuery,
  type DeadLetterView,
  type RequeueResultView,
} from './dead-letter-schema.js';
import { DeadLettersService } from './dead-letters.service.js';
import { CALLER_HEADER, Caller, RecoveryGuard } from './recovery.guard.js';
import { dryRunQuerySchema, reasonSchema, type DryRunQuery, type ReasonBody } from './recovery-schema.js';

@ApiTags('recovery')
@ApiHeader(CALLER_HEADER)
@UseGuards(RecoveryGuard)
@Controller('v1/recovery/dead-letters')
export class DeadLettersController {
  constructor(@Inject(DeadLettersService) private readonly letters: DeadLettersService) {}

  @Get()
  @ApiOperation({ summary: 'Messages that an app refused, newest first' })
  @ApiResponse({ status: 200, standardSchema: pageSchema(deadLetterSchema) })
  list(@Query({ schema: deadLetterQuerySchema }) query: DeadLetterQuery): Promise<Page<DeadLetterView>> {
    return this.letters.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One refused message' })
  @ApiResponse({ status: 200, standardSchema: deadLetterSchema })
  get(
    @Param('id', { schema: deadLetterIdParam }) id: string,
    @Query({ schema: noQuerySchema }) _query: unknown,
  ): Promise<DeadLetterView> {
    return this.letters.get(id);
  }

  @Post(':id/requeue')
  @HttpCode(200)
  @ApiOperation({ summary: 'Publish a refused message again, as it was, to the topic it came from' })
  @ApiResponse({ status: 200, standardSchema: requeueResultSchema })
  @ApiResponse({ status: 409, description: 'It was cut, or requeued before.' })
  requeue(
    @Param('id', { schema: deadLetterIdParam }) id: string,
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<RequeueResultView> {
    return this.letters.requeue(id, { reason, caller, dryRun });
  }
}
