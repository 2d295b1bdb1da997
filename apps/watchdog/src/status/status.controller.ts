import { Controller, Get, Inject } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { statusSchema, type StatusView } from './status-schema.js';
import { StatusService } from './status.service.js';

@ApiTags('status')
@Controller()
export class StatusController {
  constructor(@Inject(StatusService) private readonly service: StatusService) {}

  @Get('v1/status')
  @ApiOperation({ summary: 'What it drives, its last sweep, who is dead, and the participant databases' })
  @ApiResponse({ status: 200, standardSchema: statusSchema })
  status(): StatusView {
    return this.service.status();
  }

  /** The same where a person looks first. */
  @Get()
  @ApiExcludeEndpoint()
  root(): StatusView {
    return this.service.status();
  }
}
