import {
  Controller,
  type DynamicModule,
  Get,
  HttpStatus,
  Inject,
  Module,
  Res,
  type Type,
} from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { PrometheusMetrics } from '#observability';
import { METRICS, ObservabilityModule } from '#observability/nest';
import { Readiness, type ReadyReport } from '../http/readiness.js';
import type { AppObservability } from '../observability.js';

const IDENTITY = Symbol('concordat.identity');

/** Who answers. */
export interface Identity {
  readonly app: string;
  readonly instance: string;
}

const partSchema = z.object({ ok: z.boolean(), detail: z.string().optional() });
const readySchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), partSchema) });

/** What every app answers besides its own API. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    @Inject(IDENTITY) private readonly identity: Identity,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(METRICS) private readonly metrics: PrometheusMetrics,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'The process runs; nothing else is asked.' })
  live(): Identity & { readonly alive: true } {
    return { alive: true, ...this.identity };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Every part the app needs is there; 503 names those that are not.' })
  @ApiResponse({ status: 200, standardSchema: readySchema })
  @ApiResponse({ status: 503, standardSchema: readySchema })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyReport> {
    const report = await this.readiness.report();
    if (!report.ready) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return report;
  }

  @Get('metrics')
  @ApiExcludeEndpoint()
  async text(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}

@Module({})
export class FrameModule {
  /** The app's module with the ports of `#observability` around it. */
  static around(
    app: Type | DynamicModule,
    identity: Identity,
    readiness: Readiness,
    observability: AppObservability,
  ): DynamicModule {
    return {
      module: FrameModule,
      imports: [ObservabilityModule.forRoot(observability), app],
      controllers: [HealthController],
      providers: [
        { provide: IDENTITY, useValue: identity },
        { provide: Readiness, useValue: readiness },
      ],
    };
  }
}
