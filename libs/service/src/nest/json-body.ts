import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { clientProblem } from '../http/problem-of.js';

/** Largest body that is read (api.md §2). */
export const MAX_BODY_BYTES = 1_048_576;

/** JSON in UTF-8 is the only thing a body may be: everything else is 415, and what is not JSON after all is 400. */
export function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const charset =
    /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (encoding.toLowerCase() !== 'identity' || !/^utf-?8$/i.test(charset)) throw clientProblem(415, '');
  if (body.length === 0) throw badJson('the body is empty');
  if (!isUtf8(body)) throw badJson('it is not UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badJson(error instanceof Error ? error.message : String(error));
  }
}

function badJson(why: string): Problem {
  return new Problem(400, 'CONCORDAT_BAD_JSON', `The body is not JSON: ${why}`);
}
