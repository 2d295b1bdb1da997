import { keepLogs } from '../../keep-logs.js';
import { listen } from './announcements.js';
import type { Cell } from './cells.js';
import { podFor } from './estate.js';
import type { Estate, Pod, PodKind } from './estate.js';
import { isGood } from './report.js';
import { CellRun } from './run-cell.js';
import type { Result } from './run-cell.js';

/** Lanes run side by side, the pods of a lane one after another: waiting costs nothing, starting costs a core. */
const LANES: readonly (readonly PodKind[])[] = [
  ['solo', 'pair'],
  ['pair', 'solo'],
  ['guards', 'guard', 'pair'],
];
/** Opening a second pod of a kind costs as much as some cells do. */
const WORTH_A_SECOND = 4;

/** Runs every cell in a pod of its kind; `heard` gets each result as it comes. Lanes of the same kind share its queue. */
export async function runCells(
  estate: Estate,
  cells: readonly Cell[],
  heard: (result: Result) => void,
): Promise<void> {
  const queues = new Map<PodKind, Cell[]>();
  // Orders first: pods opened after them need no orders.
  const sorted = [...cells].sort((a, b) => Number(b.victim === 'orders') - Number(a.victim === 'orders'));
  for (const cell of sorted) queues.set(podFor(cell), [...(queues.get(podFor(cell)) ?? []), cell]);
  const opened = new Set<PodKind>();
  const lanes = LANES.map(async (kinds) => {
    for (const kind of kinds) {
      const queue = queues.get(kind) ?? [];
      if (queue.length < (opened.has(kind) ? WORTH_A_SECOND : 1)) continue;
      opened.add(kind);
      await runPod(estate, kind, queue, heard);
    }
  });
  await Promise.all(lanes);
}

/** A pod that cannot be opened or closed fails what is left of its queue. */
async function runPod(
  estate: Estate,
  kind: PodKind,
  queue: Cell[],
  heard: (result: Result) => void,
): Promise<void> {
  try {
    const withOrders = queue.some(({ victim }) => victim === 'orders');
    await drain(await estate.open(kind, withOrders), queue, heard);
  } catch (error) {
    for (const cell of queue.splice(0)) heard(failed(cell, false, error));
    process.stdout.write(`crash-matrix ${kind}: ${String(error)}\n`);
  }
}

async function drain(pod: Pod, queue: Cell[], heard: (result: Result) => void): Promise<void> {
  try {
    const announcements = await listen(pod);
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      heard(await safely(pod, new CellRun(pod, cell, announcements.heard)));
    }
    await announcements.close();
  } finally {
    await pod.close();
  }
}

/**
 * A cell that cannot be carried through has failed, and says why; the next one arms its processes anew. What the processes of a bad
 * one printed is kept.
 */
async function safely(pod: Pod, run: CellRun): Promise<Result> {
  const result = await run.run().catch((error: unknown) => failed(run.cell, run.reached, error));
  if (!isGood(result)) {
    const { point, strike, situation, recovery, victim } = run.cell;
    const kept = await keepLogs(pod.logs, ['matrix', point, strike, situation, recovery, victim].join('-'));
    process.stdout.write(`crash-matrix logs: ${kept}\n`);
  }
  return result;
}

function failed(cell: Cell, reached: boolean, error: unknown): Result {
  const wrong = { cell: [error instanceof Error ? error.message : String(error)] };
  return { cell, reached, awayMs: 0, recoveredMs: null, outcomes: [], wrong };
}
