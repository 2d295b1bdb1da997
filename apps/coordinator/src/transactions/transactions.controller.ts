import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { pageSchema, type Page } from '#service';
import { TRACEPARENT, beginRequestSchema, type BeginRequest } from '#wire';
import { noQuerySchema } from '../http/query.js';
import { transactionId } from '../http/transaction-id.js';
import { BeginService } from './begin.service.js';
import {
  attemptParam,
  beginQuerySchema,
  readIdempotencyKey,
  listQuerySchema,
  type BeginQuery,
  type ListQuery,
} from './transaction-queries.js';
import {
  timelineEntrySchema,
  transactionViewSchema,
  type TimelineEntryView,
  type TransactionView,
} from './transaction-schema.js';
import { TransactionsService } from './transactions.service.js';

const outcomeSchema = z.object({ outcome: z.enum(['COMMIT', 'ABORT', 'PENDING']) });

@ApiTags('transactions')
@Controller('v1/transactions')
export class TransactionsController {
  constructor(
    @Inject(BeginService) private readonly beginning: BeginService,
    @Inject(TransactionsService) private readonly transactions: TransactionsService,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Begin a global transaction',
    description:
      'Answers once the request is durable, or once the stage asked for is reached. The same id or Idempotency-Key with the same body is the same transaction; with another body it is refused.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: '1 to 128 printable characters, kept 14 days.',
  })
  @ApiHeader({
    name: 'traceparent',
    required: false,
    description: 'W3C trace context, handed on to every branch.',
  })
  @ApiResponse({
    status: 200,
    description: 'The stage is reached, or the repeated request has its outcome.',
    standardSchema: transactionViewSchema,
  })
  @ApiResponse({
    status: 202,
    description: 'Durable; it goes on. Location says where to look.',
    standardSchema: transactionViewSchema,
  })
  async begin(
    @Body({ schema: beginRequestSchema }) request: BeginRequest,
    @Query({ schema: beginQuerySchema }) query: BeginQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransactionView> {
    const { status, view } = await this.beginning.begin({
      ...query,
      request,
      idempotencyKey: readIdempotencyKey(idempotencyKey),
      traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
    });
    void reply.status(status).header('location', `/v1/transactions/${view.id}`);
    return view;
  }

  @Get()
  @ApiOperation({
    summary: 'List transactions, newest first',
    description:
      'A filtered page looks at a bounded part of history: it may be short, even empty, and still have a nextCursor.',
  })
  @ApiResponse({ status: 200, standardSchema: pageSchema(transactionViewSchema) })
  list(@Query({ schema: listQuerySchema }) query: ListQuery): Promise<Page<TransactionView>> {
    return this.transactions.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One transaction, as the ledger holds it' })
  @ApiResponse({ status: 200, standardSchema: transactionViewSchema })
  get(
    @Param('id', { schema: transactionId }) id: string,
    @Query({ schema: noQuerySchema }) _query: unknown,
  ): Promise<TransactionView> {
    return this.transactions.get(id);
  }

  @Get(':id/timeline')
  @ApiOperation({ summary: 'Every durable step, with time and instance, oldest first' })
  @ApiResponse({ status: 200, standardSchema: pageSchema(timelineEntrySchema) })
  timeline(
    @Param('id', { schema: transactionId }) id: string,
    @Query({ schema: noQuerySchema }) _query: unknown,
  ): Promise<Page<TimelineEntryView>> {
    return this.transactions.timeline(id);
  }

  @Get(':id/attempts/:attempt/outcome')
  @ApiOperation({
    summary: 'The decision of one attempt',
    description: 'A pure read: it never writes, and PENDING is no promise.',
  })
  @ApiResponse({ status: 200, standardSchema: outcomeSchema })
  async outcome(
    @Param('id', { schema: transactionId }) id: string,
    @Param('attempt', { schema: attemptParam }) attempt: number,
  ): Promise<z.output<typeof outcomeSchema>> {
    return { outcome: await this.transactions.attemptOutcome(id, attempt) };
  }
}
