import { randomUUID } from 'node:crypto';
import type { Site } from './site.js';
import { until } from './site.js';

export interface OrderBody {
  readonly account: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly unitPrice: number }[];
  readonly mode: '2pc' | 'saga';
  readonly fallback: 'none' | 'saga';
}

/** What the test itself knows: written before and after each call, outside the system. */
export interface JournalEntry {
  readonly body: OrderBody;
  readonly idempotencyKey: string;
  orderId: string | null;
  transactionId: string | null;
  status: 'PENDING' | 'CONFIRMED' | 'REJECTED';
  reason: string | null;
}

export interface Opening {
  readonly stock: Readonly<Record<string, number>>;
  readonly accounts: Readonly<Record<string, number>>;
}

const CALL_MS = 10_000;
const ACCEPT_MS = 60_000;
const LOOKS_AT_ONCE = 16;

/** A customer of the example shop who keeps books. Calls that fail are repeated with the same key: that must be the same order. */
export class Shop {
  readonly journal: JournalEntry[] = [];
  private asked = 0;

  constructor(
    private readonly site: Site,
    readonly opening: Opening,
    /** How long to go on asking until an order is accepted, ms. */
    private readonly acceptMs: () => number = () => ACCEPT_MS,
  ) {}

  async open(): Promise<void> {
    const { stock, accounts } = this.opening;
    for (const [sku, onHand] of Object.entries(stock))
      await this.put('inventory-1', `/stock/${sku}`, { onHand });
    for (const [id, balance] of Object.entries(accounts))
      await this.put('payments-1', `/accounts/${id}`, { balance });
  }

  async place(body: OrderBody): Promise<JournalEntry> {
    const entry: JournalEntry = {
      body,
      idempotencyKey: randomUUID(),
      orderId: null,
      transactionId: null,
      status: 'PENDING',
      reason: null,
    };
    this.journal.push(entry);
    await until(`order ${entry.idempotencyKey} accepted`, this.acceptMs(), () => this.tryToPlace(entry));
    return entry;
  }

  /** Reads every order until none is PENDING; returns how long that took. */
  async settle(limitMs: number): Promise<number> {
    return until('every order left PENDING', limitMs, async () => {
      const open = this.journal.filter(({ status }) => status === 'PENDING');
      for (let at = 0; at < open.length; at += LOOKS_AT_ONCE)
        await Promise.all(open.slice(at, at + LOOKS_AT_ONCE).map((entry) => this.look(entry)));
      return this.journal.every(({ status }) => status !== 'PENDING');
    });
  }

  private async tryToPlace(entry: JournalEntry): Promise<boolean> {
    const answer = await call(`${this.counter()}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': entry.idempotencyKey },
      body: JSON.stringify(entry.body),
    });
    if (answer === null || answer.status === 503) return false;
    if (answer.status !== 202)
      throw new Error(`POST /orders answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { orderId, transactionId } = answer.body as { orderId: string; transactionId: string };
    if (entry.orderId !== null && entry.orderId !== orderId)
      throw new Error(`one key, two orders: ${entry.orderId}, ${orderId}`);
    Object.assign(entry, { orderId, transactionId });
    return true;
  }

  /** Reads one order; an instance that does not answer leaves what is known. */
  async look(entry: JournalEntry): Promise<void> {
    const answer = await call(`${this.counter()}/orders/${entry.orderId}`, {});
    if (answer?.status === 200) Object.assign(entry, pick(answer.body as JournalEntry));
  }

  /** Whichever instance of the orders service is next: they are one shop. */
  private counter(): string {
    const { cluster, counters } = this.site;
    const shops = cluster.names.filter((name) => name.startsWith('orders-'));
    const next = shops[(this.asked += 1) % shops.length]!;
    return counters?.[next] ?? cluster.urls[next]!;
  }

  private async put(app: string, path: string, body: object): Promise<void> {
    const url = `${this.site.cluster.urls[app]}${path}`;
    const answer = await call(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer || answer.status >= 300) throw new Error(`PUT ${url} answered ${answer?.status}`);
  }
}

const pick = ({ status, reason }: JournalEntry) => ({ status, reason });

/** null: nobody answered (the process is down, or died while it answered). */
export async function call(
  url: string,
  init: RequestInit,
): Promise<{ status: number; body: unknown } | null> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(CALL_MS) });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  } catch (error) {
    // By name: in jest the errors of Node's core are of another realm.
    if (['TypeError', 'TimeoutError', 'SyntaxError'].includes((error as Error).name)) return null;
    throw error;
  }
}

export function totalOf(body: OrderBody): number {
  return body.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
}
