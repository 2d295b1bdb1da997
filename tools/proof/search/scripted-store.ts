/** A store that answers from a script and stops where the script ends: real executors become step functions. */
import { StoreError, type BranchEvidence, type BranchKey, type BranchRow, type BranchStore, type LocalTransaction, type NewBranchRow, type RowMove } from '#persistence'; // prettier-ignore
import { parseGid } from '#protocol';
import { ATTEMPTS, type Handler, type Result, type Row, type Verb } from './database.js';

/** What business handlers get as `client`: all of their SQL is one statement. */
export interface ScriptedClient {
  handle(what: Handler): Promise<unknown>;
}

/** Answers verbs in order; at the first one without an answer it tells `stop` and never answers again. */
export class Script {
  private at = 0;

  constructor(
    private readonly results: readonly Result[],
    private readonly stop: (verb: Verb) => void,
  ) {}

  async next(verb: Verb): Promise<unknown> {
    const result = this.results[this.at];
    this.at += 1;
    if (result === undefined) {
      this.stop(verb);
      return new Promise(() => undefined);
    }
    if ('ok' in result) return result.ok;
    throw new StoreError(result.fail, `scripted ${result.fail}`, false, result.sqlState);
  }
}

export function scriptedStore(script: Script): BranchStore {
  const finish = (verb: 'commitPrepared' | 'rollbackPrepared') => async (gid: string) =>
    (await script.next({ do: verb, attempt: attemptOf(gid) })) as 'done' | 'absent';
  return {
    look: (keys, { gids }) => Promise.all(keys.map((key) => look(script, key, gids))),
    begin: async () => new ScriptedTransaction(script),
    beginAccepting: async (rows) => {
      const tx = new ScriptedTransaction(script);
      try {
        return { tx, first: await tx.acceptRows(rows), answers: [] };
      } catch (error) {
        await tx.rollback();
        throw error;
      }
    },
    beginMoving: neverAsked,
    moveAndCommit: neverAsked,
    beginRecording: neverAsked,
    commitPrepared: finish('commitPrepared'),
    rollbackPrepared: finish('rollbackPrepared'),
    ping: async () => undefined,
    close: async () => undefined,
    maxPreparedTransactions: async () => 1,
    preparedGids: neverAsked,
    preparedRows: neverAsked,
    listRows: neverAsked,
    forget: neverAsked,
    collectGarbage: neverAsked,
  };
}

function neverAsked(): never {
  throw new Error('no command of the search asks this');
}

/** Rows and fence in one statement, gids in a later one. */
async function look(script: Script, key: BranchKey, gids: boolean): Promise<BranchEvidence> {
  const { fence, rows } = (await script.next({ do: 'lookRows', attempt: key.attempt })) as {
    fence: number;
    rows: readonly (Row | null)[];
  };
  const gid = gids && ((await script.next({ do: 'lookGids', attempt: key.attempt })) as boolean);
  const shown = rows.map((row, index) => row && branchRow({ ...key, attempt: index + 1 }, row));
  const earlier = shown.slice(0, key.attempt - 1).filter((row) => row !== null);
  return { key, maxAttempt: fence, row: shown[key.attempt - 1] ?? null, earlier, gid };
}

class ScriptedTransaction implements LocalTransaction {
  private ended = false;
  private savepoints = 0;

  constructor(private readonly script: Script) {}

  readonly client: ScriptedClient = {
    handle: (what) => this.script.next({ do: 'handle', what, savepoint: this.savepoints > 0 }),
  };

  raiseFences(keys: readonly BranchKey[]): Promise<readonly boolean[]> {
    return Promise.all(
      keys.map(async ({ attempt }) => (await this.script.next({ do: 'fence', attempt })) as boolean),
    );
  }

  async insertRows(rows: readonly NewBranchRow[]): Promise<void> {
    for (const row of rows)
      await this.script.next({ do: 'insert', attempt: row.attempt, row: storedRow(row) });
  }

  acceptRows(rows: readonly NewBranchRow[]): Promise<readonly ('fresh' | 'duplicate' | 'fenced')[]> {
    return Promise.all(
      rows.map(
        async (row) =>
          (await this.script.next({ do: 'accept', attempt: row.attempt, row: storedRow(row) })) as 'fresh',
      ),
    );
  }

  async moveRows(moves: readonly RowMove[]) {
    const asked = moves.map(({ key, from, to, error }) => ({ attempt: key.attempt, from, to, error }));
    const answers = (await this.script.next({ do: 'move', moves: asked })) as readonly {
      moved: boolean;
      row: Row | null;
    }[];
    return answers.map(({ moved, row }, index) => ({ moved, row: row && branchRow(moves[index]!.key, row) }));
  }

  async recordWork(row: NewBranchRow): Promise<'COMMITTED' | 'READ_ONLY' | 'fenced'> {
    const verb = { do: 'record', attempt: row.attempt, row: storedRow(row) } as const;
    return (await this.script.next(verb)) as 'COMMITTED';
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    this.savepoints += 1;
    try {
      return await work();
    } finally {
      this.savepoints -= 1;
    }
  }

  async run(): Promise<readonly unknown[]> {
    return neverAsked();
  }

  async prepare(gid: string): Promise<void> {
    this.ended = true;
    await this.script.next({ do: 'prepare', attempt: attemptOf(gid) });
  }

  async commit(): Promise<void> {
    this.ended = true;
    await this.script.next({ do: 'commit' });
  }

  async rollback(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.script.next({ do: 'rollback' });
  }
}

function attemptOf(gid: string): number {
  const attempt = parseGid(gid)?.attempt ?? 0;
  if (attempt < 1 || attempt > ATTEMPTS) throw new Error(`no gid of the search: ${gid}`);
  return attempt;
}

function storedRow({ style, state, operation, error }: NewBranchRow): Row {
  return { style, state, operation, error };
}

function branchRow(key: BranchKey, row: Row): BranchRow {
  const kept = row as Row & Pick<BranchRow, 'state'>;
  return { ...key, ...kept, payload: {}, output: null, ledgerEpoch: 0, updatedAt: '', ageMs: 0 };
}
