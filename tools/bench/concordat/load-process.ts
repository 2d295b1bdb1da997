/* The client of the bench: submits transfers over kept-alive HTTP connections, one a submission under way. */
import { closedLoop, Ending, type Edge } from '../load/closed-loop.js';
import { HttpConnection, type HttpAnswer } from '../load/http-connection.js';
import type { Workload } from '../contenders/contender.js';
import { serve, tell } from '../processes/serve.js';
import { requestSource, type TransferRequest } from './transfer-request.js';

export interface HttpDrive extends Workload, TransferRequest {
  /** Of coordinators; connections are shared out among them. */
  readonly ports: readonly number[];
  /** What an answer waits for. */
  readonly wait: 'applied' | 'decided';
}

/** Long enough that only what hangs is late. */
const WAIT_MS = 60_000;
/** After a 429; a closed loop that came back at once would be a flood. */
const OVERLOADED_PAUSE_MS = 50;

function endingOf({ status, body }: HttpAnswer): Ending {
  if (status === 200 && body.includes('"outcome":"committed"')) return Ending.Committed;
  if (status === 200 && body.includes('"outcome":"aborted"')) return Ending.Aborted;
  if (status === 202) return Ending.Late;
  if (status === 429) return Ending.Overloaded;
  throw new Error(`${status}: ${body.slice(0, 500)}`);
}

/** Gives every submission a connection of its own; `use` must not run more than `count` at once. */
async function withConnections<T>(
  ports: readonly number[],
  count: number,
  use: (post: (path: string, body: object) => Promise<HttpAnswer>) => Promise<T>,
): Promise<T> {
  const all = await Promise.all(
    Array.from({ length: count }, (_, index) => HttpConnection.open(ports[index % ports.length]!)),
  );
  const free = [...all];
  try {
    return await use(async (path, body) => {
      const connection = free.pop()!;
      const answer = await connection.post(path, JSON.stringify(body));
      free.push(connection);
      return answer;
    });
  } finally {
    for (const connection of all) connection.close();
  }
}

const afterOverload = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, OVERLOADED_PAUSE_MS));

let endWindow = (): void => undefined;

function drive(order: HttpDrive): Promise<unknown> {
  const { ports, wait, inFlight } = order;
  const next = requestSource(order);
  const path = `/v1/transactions?wait=${wait}&waitMs=${WAIT_MS}`;
  return withConnections(ports, inFlight, (post) => {
    const submit = async (): Promise<Ending> => {
      const ending = endingOf(await post(path, next()));
      if (ending === Ending.Overloaded) await afterOverload();
      return ending;
    };
    const enough = new Promise<void>((resolve) => (endWindow = resolve));
    return closedLoop(order, submit, (edge) => tell<Edge>(edge), enough);
  });
}

/** Ends the window of the drive under way. */
async function enough(): Promise<void> {
  endWindow();
}

/** Submissions that are only to be accepted: so many, whatever becomes of them. */
export interface AcceptOrder extends Workload, TransferRequest {
  readonly ports: readonly number[];
  readonly count: number;
}

function accept(order: AcceptOrder): Promise<unknown> {
  const { ports, inFlight, count } = order;
  const next = requestSource(order);
  let left = count;
  return withConnections(ports, inFlight, (post) => {
    const one = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const { status, body } = await post('/v1/transactions', next());
        if (status === 202) continue;
        if (status !== 429) throw new Error(`${status}: ${body.slice(0, 500)}`);
        left += 1;
        await afterOverload();
      }
    };
    return Promise.all(Array.from({ length: inFlight }, one)).then(() => undefined);
  });
}

serve({ drive, enough, accept });
