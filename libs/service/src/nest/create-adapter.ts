import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AllowedMethods } from '../http/allowed-methods.js';
import { clientProblem } from '../http/problem-of.js';
import type { AppObservability } from '../observability.js';
import { admit } from './admission.js';
import { answerClientError, answerExpectation } from './client-error.js';
import { HttpDrain } from './http-drain.js';
import { acceptOnlyJson, MAX_BODY_BYTES } from './json-body.js';
import { sendProblem } from './problem.filter.js';

/** Longer than load balancers and clients keep an idle connection (60 s is usual): the side that sends closes first. */
const KEEP_ALIVE_MS = 72_000;
/** A request must have arrived whole after this. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface ServerParts {
  readonly adapter: FastifyAdapter;
  readonly drain: HttpDrain;
}

/** Fastify with our limits, our only body parser, and counting of what is under way. */
export function createAdapter(
  methods: AllowedMethods,
  observability: AppObservability,
  maxInFlight: number,
): ServerParts {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    // Node's own refusal has no body; ours is below.
    http: { requireHostHeader: false },
    // What the router refuses (a malformed URL, an overlong path) never meets a filter.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, clientProblem(error.statusCode ?? 400, error.message)),
    routerOptions: { maxParamLength: 256 },
  });
  const fastify = adapter.getInstance();
  acceptOnlyJson(fastify);
  fastify.server.on('checkExpectation', answerExpectation);
  const drain = new HttpDrain(fastify.server, observability.clock);
  fastify.addHook('onRoute', (route) => methods.add(route.method, route.url));
  fastify.addHook('onRequest', (request, reply, done) => {
    // What follows an Upgrade that nobody takes is parsed without errors by Node: bad bytes vanish, and wait in vain for an answer.
    if (request.headers.upgrade !== undefined) reply.header('connection', 'close');
    done(lacksHost(request) ? clientProblem(400, 'The Host header is missing.') : undefined);
  });
  admit(fastify, maxInFlight, observability.clock);
  fastify.addHook('onResponse', (request, reply, done) => {
    report(observability, request, reply);
    done();
  });
  return { adapter, drain };
}

/** RFC 9112 §3.2. */
function lacksHost({ raw }: FastifyRequest): boolean {
  return raw.headers.host === undefined && raw.httpVersion === '1.1';
}

function report({ log, metrics }: AppObservability, request: FastifyRequest, reply: FastifyReply): void {
  const { method, url } = request;
  const { statusCode, elapsedTime } = reply;
  const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
  metrics.observe('concordat_http_request_duration_seconds', elapsedTime / 1000, {
    method,
    route,
    status: String(statusCode),
  });
  log.debug({ method, url, status: statusCode, durationMs: elapsedTime }, 'request');
}
