import { Body, Controller, Get, HttpCode, Inject, Post, Query, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageSchema, type Page } from '#service';
import { noQuerySchema, pageQuerySchema, type PageQuery } from '../http/query.js';
import { InDoubtService } from './in-doubt.service.js';
import { LedgerWideService } from './ledger-wide.service.js';
import { CALLER_HEADER, Caller, RecoveryGuard } from './recovery.guard.js';
import {
  auditEntrySchema,
  dryRunQuerySchema,
  effectSchema,
  holdSchema,
  inDoubtQuerySchema,
  inDoubtSchema,
  reasonSchema,
  scanResultSchema,
  summarySchema,
  type AuditView,
  type DryRunQuery,
  type EffectView,
  type HoldBody,
  type InDoubtQuery,
  type InDoubtView,
  type ReasonBody,
  type ScanResultView,
  type SummaryView,
} from './recovery-schema.js';

@ApiTags('recovery')
@ApiHeader(CALLER_HEADER)
@UseGuards(RecoveryGuard)
@Controller('v1/recovery')
export class RecoveryController {
  constructor(
    @Inject(LedgerWideService) private readonly ledger: LedgerWideService,
    @Inject(InDoubtService) private readonly inDoubt: InDoubtService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Where recovery stands: hold, epoch, what is in doubt, who is dead, the last sweep',
  })
  @ApiResponse({ status: 200, standardSchema: summarySchema })
  summary(@Query({ schema: noQuerySchema }) _query: unknown): Promise<SummaryView> {
    return this.ledger.summary();
  }

  @Get('in-doubt')
  @ApiOperation({
    summary: 'Transactions in doubt, with evidence, oldest first',
    description:
      'Every transaction, decided or not, that has a branch which may be prepared and has not acknowledged.',
  })
  @ApiResponse({ status: 200, standardSchema: pageSchema(inDoubtSchema) })
  list(@Query({ schema: inDoubtQuerySchema }) query: InDoubtQuery): Promise<Page<InDoubtView>> {
    return this.inDoubt.list(query);
  }

  @Post('scan')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sweep now: take over what nobody drives' })
  @ApiResponse({ status: 200, standardSchema: scanResultSchema })
  scan(
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<ScanResultView> {
    return this.ledger.scan({ reason, caller, dryRun });
  }

  @Post('hold')
  @HttpCode(200)
  @ApiOperation({ summary: 'Recovery hold: BEGIN answers 503, inquiries UNKNOWN' })
  @ApiResponse({ status: 200, standardSchema: effectSchema })
  hold(
    @Body({ schema: holdSchema }) { reason, raiseEpoch }: HoldBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<EffectView> {
    return this.ledger.hold({ reason, caller, dryRun }, raiseEpoch);
  }

  @Post('release')
  @HttpCode(200)
  @ApiOperation({
    summary: 'End the recovery hold',
    description:
      'Only after the outcomes topic was replayed and the rows and gids of every participant were polled.',
  })
  @ApiResponse({ status: 200, standardSchema: effectSchema })
  release(
    @Body({ schema: reasonSchema }) { reason }: ReasonBody,
    @Query({ schema: dryRunQuerySchema }) { dryRun }: DryRunQuery,
    @Caller() caller: string,
  ): Promise<EffectView> {
    return this.ledger.release({ reason, caller, dryRun });
  }

  @Get('audit')
  @ApiOperation({ summary: 'What operators did, dry runs and refused calls included, newest first' })
  @ApiResponse({ status: 200, standardSchema: pageSchema(auditEntrySchema) })
  audit(@Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<AuditView>> {
    return this.ledger.audits(query);
  }
}
