import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientProblem } from '../http/problem-of.js';

const STATUS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The request headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/** Answers bytes that are no HTTP request: they never become a request object, so the answer is written by hand. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = STATUS[error.code ?? ''] ?? [400, 'The request is not HTTP/1.1.'];
  const problem = clientProblem(status, detail).body();
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${String(problem['title'])}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers a request with an `Expect` we cannot meet: Node would do it without a body, before any handler hears of it. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = clientProblem(417, 'Nothing but "Expect: 100-continue" is understood.').body();
  response.writeHead(417, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}
