/**
 * Two lanes side by side, the layers of a lane one after the other. The lane on the real stack has the machine to itself as far as
 * it wants it: its verdicts are about time. The lane that computes takes what is left; it is only slower for it.
 */
import { runLayer } from './run-layer.mjs';
import { printEnd, printLine, printStart } from './report.mjs';

const IDLE_LANE = 'compute';

/** Runs the layers, also after one failed; resolves with the results in the order of the layers. */
export async function runLanes(layers, orders) {
  const places = new Map(layers.map((layer, index) => [layer, index]));
  const start = (layer) => printStart(layer, places.get(layer), layers.length);
  const lanes = Map.groupBy(layers, ({ lane }) => lane);
  const results = await Promise.all([...lanes.values()].map((lane) => runLane(lane, orders, start)));
  return results.flat().sort((a, b) => places.get(a.layer) - places.get(b.layer));
}

async function runLane(layers, orders, start) {
  const results = [];
  for (const layer of layers) {
    if (orders.signal.aborted) break;
    start(layer);
    const result = await runLayer(layer, {
      ...orders,
      idle: layer.lane === IDLE_LANE,
      onLine: (line) => printLine(layer, line),
    });
    printEnd(result);
    results.push(result);
  }
  return results;
}
