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

async function drive(order: HttpDrive): Promise<unknown> {
  const { ports, wait, inFlight } = order;
  const free: HttpConnection[] = [];
  for (let index = 0; index < inFlight; index += 1) {
    free.push(await HttpConnection.open(ports[index % ports.length]!));
  }
  const all = [...free];
  const next = requestSource(order);
  const path = `/v1/transactions?wait=${wait}&waitMs=${WAIT_MS}`;
  const submit = async (): Promise<Ending> => {
    const connection = free.pop()!;
    const ending = endingOf(await connection.post(path, next()));
    free.push(connection);
    if (ending === Ending.Overloaded)
      await new Promise((resolve) => setTimeout(resolve, OVERLOADED_PAUSE_MS));
    return ending;
  };
  try {
    return await closedLoop(order, submit, (edge) => tell<Edge>(edge));
  } finally {
    for (const connection of all) connection.close();
  }
}

serve({ drive });
