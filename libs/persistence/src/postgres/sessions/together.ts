import { Query, type ClientBase, type QueryResult } from 'pg';
import utils from 'pg/lib/utils.js';
import type { Statement } from './statement.js';

/** What of a connection of pg is used here: its verbs of the extended query protocol, one message each [pg]. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: { readonly statement: string; readonly values: readonly unknown[] }): void;
  describe(message: { readonly type: 'P'; readonly name: '' }): void;
  execute(message: Readonly<Record<string, never>>): void;
  close(message: { readonly type: 'S'; readonly name: string }): void;
  sync(): void;
}

/** What pg calls back. */
type Callback = (error: Error | null, results?: QueryResult | QueryResult[]) => void;

interface Message {
  /** Of the server's prepared statement; empty: it is parsed each time. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Texts of the statements that a session has parsed, by name. */
const parsedIn = new WeakMap<ClientBase, Map<string, string>>();

/** A name of our own: the handlers of this session prepare statements, too, and pg keeps count of those by itself. */
const messageOf = ({ name, text, values }: Statement): Message => ({
  name: name === undefined ? '' : `together_${name}`,
  text,
  values: values.map((value) => utils.prepareValue(value)),
});

/**
 * Several statements that leave in one write and are answered in one: one Sync stands at their end, so the server goes from each to
 * the next without waiting for us, and when one fails those behind it are skipped [pg, extended query protocol].
 */
class Together extends Query {
  /** Read by pg; its types do not know. */
  readonly callback: Callback;

  constructor(
    private readonly messages: readonly Message[],
    private readonly parsed: Map<string, string>,
    callback: Callback,
  ) {
    super({ text: '' });
    this.callback = (error, results) => {
      // Only now is it sure that none of them was skipped.
      if (error === null) for (const { name, text } of messages) if (name !== '') parsed.set(name, text);
      callback(error, results);
    };
  }

  override submit = (connection: unknown): void => {
    const wire = connection as Wire;
    wire.stream.cork();
    for (const message of this.messages) this.write(wire, message);
    wire.sync();
    wire.stream.uncork();
  };

  private write(wire: Wire, { name, text, values }: Message): void {
    if (name === '' || this.parsed.get(name) !== text) {
      // One of this name may be there: of another text, or parsed in a write of which something else failed.
      if (name !== '') wire.close({ type: 'S', name });
      wire.parse({ name, text });
    }
    wire.bind({ statement: name, values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({});
  }
}

/**
 * Runs `statements` in their order; resolves to their results.
 * @throws what pg throws for the first that failed; outside a transaction block nothing of any of them has happened then
 */
export function runTogether(client: ClientBase, statements: readonly Statement[]): Promise<QueryResult[]> {
  const parsed = parsedIn.get(client) ?? new Map<string, string>();
  parsedIn.set(client, parsed);
  return new Promise((resolve, reject) => {
    const settle: Callback = (error, results) => {
      if (error === null) resolve([results!].flat());
      else reject(error);
    };
    client.query(new Together(statements.map(messageOf), parsed, settle));
  });
}
