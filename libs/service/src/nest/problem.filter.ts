import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log, Random } from '#observability';
import type { AllowedMethods } from '../http/allowed-methods.js';
import { notFound, Problem } from '../http/problem.js';
import { problemOf, type ProblemOf } from '../http/problem-of.js';

/** Every error leaves as problem+json; what nobody expected leaves as 500 with a reference to its log line, and nothing else. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly parts: { readonly log: Log; readonly random: Random },
    private readonly methods: AllowedMethods,
    /** Asked first: an app knows its own errors better. */
    private readonly appProblemOf: ProblemOf = () => null,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = this.problemFor(error, request);
    if (reply.sent || reply.raw.headersSent) {
      // Half an answer is out: only a broken connection tells the client that it is no whole one.
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem);
  }

  private problemFor(error: unknown, request: FastifyRequest): Problem {
    const problem = this.appProblemOf(error) ?? problemOf(error);
    if (problem === null) return this.unexpected(error, request);
    if (problem.status === 503)
      this.parts.log.warn({ error: problem.cause, method: request.method, url: request.url }, 'answers 503');
    return problem.status === 404 && request.is404 ? this.noRoute(request) : problem;
  }

  private unexpected(error: unknown, request: FastifyRequest): Problem {
    const reference = this.parts.random.uuidv7();
    this.parts.log.error(
      { error, reference, method: request.method, url: request.url },
      'request failed unexpectedly',
    );
    return new Problem(
      500,
      'CONCORDAT_INTERNAL',
      `Unexpected error; the log has it under reference ${reference}.`,
      {
        extra: { reference },
      },
    );
  }

  private noRoute(request: FastifyRequest): Problem {
    const path = request.url.split('?')[0] ?? '';
    const allowed = this.methods.of(path);
    if (allowed.length === 0) return notFound(`Nothing is served under ${path}.`);
    return new Problem(
      405,
      'CONCORDAT_METHOD_NOT_ALLOWED',
      `${path} answers ${allowed.join(', ')}, not ${request.method}.`,
      {
        headers: { allow: allowed.join(', ') },
      },
    );
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply
    .status(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem.body()));
}
