import { BadRequestException, Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { BranchRowState } from '#protocol';
import { describeFaults, gtxId } from '#wire';
import { ParticipantHost } from './participant-host.js';
import type { BranchPage, BranchQuery } from '../runtime/branch-list.js';

const MAX_PAGE = 200;

const branchQuery = z.strictObject({
  state: z.enum(BranchRowState).optional(),
  gtx: gtxId.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  cursor: z.string().min(1).max(1024).optional(),
});

const branchPage = z.object({
  items: z.array(
    z.object({
      gtx: z.string(),
      attempt: z.number(),
      branch: z.string(),
      style: z.enum(['xa', 'tcc', 'saga']),
      state: z.enum(BranchRowState),
      operation: z.string().nullable(),
      output: z.unknown(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
      ledgerEpoch: z.number(),
      updatedAt: z.string(),
      ageMs: z.number(),
      gid: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** What this participant holds, for operators and tests (api.md §3). */
@ApiTags('participant')
@Controller('concordat/branches')
export class BranchesController {
  constructor(@Inject(ParticipantHost) private readonly host: ParticipantHost) {}

  @Get()
  @ApiOperation({
    summary: 'Branch rows of this participant, and its prepared transactions (`gid`), newest first.',
  })
  @ApiResponse({ status: 200, standardSchema: branchPage })
  async list(@Query({ schema: branchQuery }) query: unknown): Promise<BranchPage> {
    // Parsed here, too: an application without a schema pipe hands the raw strings over.
    const parsed = branchQuery.safeParse(query ?? {});
    if (!parsed.success) throw new BadRequestException(describeFaults(parsed.error.issues));
    return this.page(parsed.data);
  }

  private async page(query: BranchQuery): Promise<BranchPage> {
    try {
      return await this.host.runtime.branches(query);
    } catch (error) {
      if (error instanceof RangeError) throw new BadRequestException('/cursor: is not a cursor of this list');
      throw error;
    }
  }
}
