import { Body, Controller, Get, HttpCode, Module, Param, Post, Query, Res } from '@nestjs/common';
import { z } from 'zod';
import {
  createPrometheusMetrics,
  noFaultPoints,
  RecordingLog,
  systemClock,
  systemRandom,
} from '#observability';
import { conflict, decodeCursor, type Page, pageOf, pageQuery } from '#service';
import { type HttpApp, startHttpApp } from '#service/nest';
import { beginRequestSchema, type BeginRequest, gtxId } from '#wire';

/** A tiny app in the frame every app stands in. */

/** What the tests turn; one app at a time is asked. */
export const tiny = {
  log: new RecordingLog(),
  /** Stop hooks, in the order they ran. */
  stopped: [] as string[],
  /** Thrown by GET /v1/transactions/:id. */
  database: null as Error | null,
  /** Readiness of the database. */
  ready: (): Promise<void> => Promise.resolve(),
  /** Ends each GET /v1/slow that is under way. */
  slow: [] as (() => void)[],
  reset(): void {
    tiny.log.lines.length = 0;
    tiny.stopped.length = 0;
    tiny.database = null;
    tiny.ready = () => Promise.resolve();
    tiny.slow.length = 0;
  },
};

const listQuery = z.strictObject(pageQuery);

interface Reply {
  header(name: string, value: string): unknown;
}

@Controller('v1')
class TinyController {
  @Post('transactions')
  @HttpCode(202)
  begin(
    @Body({ schema: beginRequestSchema }) body: BeginRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): unknown {
    reply.header('location', '/v1/transactions/1');
    return { mode: body.mode, branches: body.branches.length };
  }

  @Get('transactions/:id')
  one(@Param('id', { schema: gtxId }) id: string): unknown {
    if (tiny.database !== null) throw tiny.database;
    throw conflict('CONCORDAT_DECIDED', `${id} is decided.`, { evidence: { decision: 'COMMIT' } });
  }

  @Get('transactions')
  list(@Query({ schema: listQuery }) query: z.output<typeof listQuery>): Page<number> {
    const [after] = decodeCursor(query.cursor, z.tuple([z.int()])) ?? [0];
    const rows = Array.from({ length: 5 - after }, (_, i) => after + i + 1).slice(0, query.limit + 1);
    return pageOf(
      rows,
      query.limit,
      (row) => [row],
      (row) => row,
    );
  }

  @Get('slow')
  async slow(): Promise<unknown> {
    await new Promise<void>((resolve) => tiny.slow.push(resolve));
    return { done: true };
  }
}

@Module({ controllers: [TinyController] })
class TinyModule {}

export function startTinyApp(drainTimeoutMs = 5000): Promise<HttpApp> {
  return startHttpApp(TinyModule, {
    config: { app: 'coordinator', instanceId: 'test', host: '127.0.0.1', port: 0, drainTimeoutMs },
    observability: {
      log: tiny.log,
      metrics: createPrometheusMetrics({ processMetrics: false }),
      clock: systemClock,
      random: systemRandom,
      faultPoints: noFaultPoints,
    },
    description: 'tiny',
    checks: [
      { name: 'database', check: () => tiny.ready() },
      { name: 'broker', check: () => Promise.resolve() },
    ],
    stopHooks: ['first', 'second'].map((name) => ({
      name,
      stop: () => Promise.resolve(void tiny.stopped.push(name)),
    })),
    maxInFlight: 2,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A body that is not JSON comes as `{text}`. */
export async function ask(http: HttpApp, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(http.url + path, init);
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').includes('json');
  const body = json ? (JSON.parse(text) as Answer['body']) : { text };
  return { status: response.status, headers: response.headers, body };
}

/** Asks again and again, giving way in between. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
