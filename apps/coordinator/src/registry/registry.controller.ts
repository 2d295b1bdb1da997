import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageSchema, type Page } from '#service';
import { pageQuerySchema, type PageQuery } from '../http/query.js';
import {
  instanceViewSchema,
  participantViewSchema,
  type InstanceView,
  type ParticipantView,
} from './registry-schema.js';
import { RegistryService } from './registry.service.js';

@ApiTags('registry')
@Controller('v1')
export class RegistryController {
  constructor(@Inject(RegistryService) private readonly registry: RegistryService) {}

  @Get('participants')
  @ApiOperation({ summary: 'Every participant that ever announced itself, with what waits for it' })
  @ApiResponse({ status: 200, standardSchema: pageSchema(participantViewSchema) })
  participants(@Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<ParticipantView>> {
    return this.registry.participants(query);
  }

  @Get('instances')
  @ApiOperation({ summary: 'Coordinators and watchdogs on this ledger, dead ones too' })
  @ApiResponse({ status: 200, standardSchema: pageSchema(instanceViewSchema) })
  instances(@Query({ schema: pageQuerySchema }) query: PageQuery): Page<InstanceView> {
    return this.registry.instances(query);
  }
}
