import { Agent, request } from 'node:http';
import { connect } from 'node:net';

/** One hostile request. */
export interface Probe {
  readonly kind: string;
  readonly url: string;
  readonly method: string;
  /** As it goes on the wire: nothing is normalised. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | null;
  /** Bytes to be sent instead of all that. */
  readonly raw?: Buffer;
  /** The only right statuses; without them any answer that is no fault of ours. */
  readonly statuses?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | null;
  readonly text: string;
}

const TIMEOUT_MS = 15_000;
/** What a client sees when the server has answered and closed before it read the rest. */
const CLOSED = ['ECONNRESET', 'EPIPE'];

export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });

  /** null: the connection was closed without an answer that could be read. Rejects when nothing came in time. */
  ask(probe: Probe): Promise<Answer | null> {
    return probe.raw ? askRaw(probe.url, probe.raw) : this.askProperly(probe);
  }

  close(): void {
    this.agent.destroy();
  }

  private askProperly({ url, method, path, headers, body }: Probe): Promise<Answer | null> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const options = {
        agent: this.agent,
        hostname,
        port,
        method,
        path,
        headers: { ...headers } as Record<string, string>,
      };
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, headers: got } = response;
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: statusCode,
            type: got['content-type'] ?? '',
            retryAfter: got['retry-after'] ?? null,
            text,
          });
        });
      });
      asked.setTimeout(TIMEOUT_MS, () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      asked.on('error', (error: NodeJS.ErrnoException) =>
        CLOSED.includes(error.code ?? '') ? resolve(null) : reject(error),
      );
      asked.end(body ?? undefined);
    });
  }
}

function askRaw(url: string, bytes: Buffer): Promise<Answer | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      CLOSED.includes(error.code ?? '') ? resolve(null) : reject(error),
    );
    socket.on('close', () => resolve(parsed(Buffer.concat(chunks).toString())));
  });
}

/** The first answer on the wire; null when there is none. */
function parsed(wire: string): Answer | null {
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(wire) ?? [];
  if (status === undefined) return null;
  const [head = '', text = ''] = wire.split('\r\n\r\n', 2);
  const [, type = ''] = /^content-type: (.*)$/im.exec(head) ?? [];
  const [, retryAfter = null] = /^retry-after: (.*)$/im.exec(head) ?? [];
  return { status: Number(status), type, retryAfter, text };
}

/** A probe as a report names it. */
export const told = ({ kind, url, method, path, headers, raw }: Probe): string =>
  `${kind}: ${raw ? JSON.stringify(raw.toString('latin1').slice(0, 120)) : `${method} ${path.slice(0, 120)} ${JSON.stringify(headers).slice(0, 80)}`} to ${url}`;

/** What is wrong with an answer: a 5xx that is not the documented 503, a 4xx that is no problem+json, an unexpected status. */
export function wrongAnswer(probe: Probe, answer: Answer | null): string | null {
  const what = told(probe);
  // Too large a body is refused before it was read, bytes that are no HTTP may be met by a closed door.
  if (answer === null) return probe.kind === 'huge body' || probe.raw ? null : `${what} got no answer`;
  const { status, text } = answer;
  if (saysWhatIsAway(probe, answer)) return null;
  if (status >= 500 && !documented503(answer)) return `${what} answered ${status}: ${text.slice(0, 200)}`;
  if (probe.statuses && !probe.statuses.includes(status))
    return `${what} answered ${status}, should be ${probe.statuses.join(' or ')}: ${text.slice(0, 200)}`;
  if (status < 400 || probe.method === 'HEAD') return null;
  return isProblem(answer)
    ? null
    : `${what} answered ${status} without a problem: ${answer.type} ${text.slice(0, 200)}`;
}

/** Readiness on an overloaded machine: 503 with the part that fails (api.md §2). It is no problem, and no refusal. */
function saysWhatIsAway({ path }: Probe, { status, text }: Answer): boolean {
  return status === 503 && /^\/health\/ready($|[?])/.test(path) && /"ready":false,.*"ok":false/.test(text);
}

function documented503({ status, retryAfter, text }: Answer): boolean {
  return status === 503 && retryAfter !== null && text.includes('CONCORDAT_');
}

function isProblem({ status, type, text }: Answer): boolean {
  if (!type.startsWith('application/problem+json')) return false;
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const words = ['type', 'title', 'detail', 'code'].every((name) => typeof body[name] === 'string');
    return words && body['status'] === status && /^CONCORDAT_[A-Z_]+$/.test(String(body['code']));
  } catch (error) {
    if (error instanceof SyntaxError || (error as Error).name === 'SyntaxError') return false;
    throw error;
  }
}
