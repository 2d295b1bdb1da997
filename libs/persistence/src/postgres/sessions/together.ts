import { Query, type ClientBase, type QueryResult } from 'pg';
import utils from 'pg/lib/utils.js';
import { StoreError } from '../../port/branch-store.js';
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

/** A name that was used in a session. */
interface Known {
  /** The server's own name for it: handlers prepare statements by pg, too, and the server cuts long names off. */
  readonly server: string;
  /** What the server has under that name for sure; null: who knows. */
  text: string | null;
}

interface Message {
  /** null: it is parsed each time. */
  readonly known: Known | null;
  readonly text: string;
  readonly values: readonly unknown[];
}

const knownIn = new WeakMap<ClientBase, Map<string, Known>>();

/** invalid_sql_statement_name: a handler deallocated more than its own. */
const NO_SUCH_STATEMENT = '26000';

function forgetTexts(client: ClientBase): void {
  for (const known of knownIn.get(client)?.values() ?? []) known.text = null;
}

function knownAs(client: ClientBase, name: string): Known {
  const names = knownIn.get(client) ?? new Map<string, Known>();
  knownIn.set(client, names);
  const known = names.get(name) ?? { server: `together_${names.size}`, text: null };
  names.set(name, known);
  return known;
}

/**
 * Several statements that leave in one write and are answered in one: one Sync stands at their end, so the server goes from each to
 * the next without waiting for us, and when one fails those behind it are skipped [pg, extended query protocol].
 */
class Together extends Query {
  /** Read by pg; its types do not know. */
  readonly callback: Callback;
  /** What the server will have under each name when all of this was answered. */
  private readonly parsing = new Map<Known, string>();

  constructor(
    private readonly messages: readonly Message[],
    callback: Callback,
  ) {
    super({ text: '' });
    this.callback = (error, results) => {
      // Only now is it sure that none of them was skipped, and that the server knows them all.
      if (error === null) for (const [known, text] of this.parsing) known.text = text;
      callback(error, results);
    };
  }

  override submit = (connection: unknown): void => {
    const wire = connection as Wire;
    wire.stream.cork();
    try {
      for (const message of this.messages) this.write(wire, message);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  };

  private write(wire: Wire, message: Message): void {
    const { known, text, values } = message;
    if (known === null) wire.parse({ name: '', text });
    else this.writeName(wire, known, text);
    wire.bind({ statement: known?.server ?? '', values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({});
  }

  private writeName(wire: Wire, known: Known, text: string): void {
    if ((this.parsing.get(known) ?? known.text) !== text) {
      // It may be there: with another text, or parsed in a write of which something failed.
      wire.close({ type: 'S', name: known.server });
      wire.parse({ name: known.server, text });
    }
    this.parsing.set(known, text);
    known.text = null;
  }

  /** A statement without any SQL has a result, too. Called by pg; its types do not know. */
  handleEmptyQuery(): void {
    (this as unknown as { handleCommandComplete(message: { text: string }): void }).handleCommandComplete({
      text: 'EMPTY',
    });
  }
}

/** @throws StoreError OTHER for what cannot be sent; nothing was */
function messageOf(client: ClientBase, { name, text, values }: Statement): Message {
  try {
    // Handlers are typed, but a text may come out of a table that has none for this case.
    if (typeof (text as unknown) !== 'string') throw new TypeError('it has no text');
    const known = name === undefined ? null : knownAs(client, name);
    return { known, text, values: values.map((value) => utils.prepareValue(value)) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StoreError('OTHER', `a statement cannot be sent: ${said}`, false, null, {
      cause: error,
    });
  }
}

/**
 * Runs `statements` in their order; resolves to one result each.
 * @throws what pg throws for the first that failed; outside a transaction block nothing of any of them has happened then
 */
export async function runTogether(
  client: ClientBase,
  statements: readonly Statement[],
): Promise<QueryResult[]> {
  const messages = statements.map((statement) => messageOf(client, statement));
  return new Promise((resolve, reject) => {
    const settle: Callback = (error, results) => {
      if (error === null) return resolve([results!].flat());
      if ((error as { code?: unknown }).code === NO_SUCH_STATEMENT) forgetTexts(client);
      reject(error);
    };
    client.query(new Together(messages, settle));
  });
}
