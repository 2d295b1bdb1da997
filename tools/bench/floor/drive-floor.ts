import type { Workload } from '../contenders/contender.js';
import { closedLoop, type Edge, type LoadResult } from '../load/closed-loop.js';
import { tell } from '../processes/serve.js';
import { drawTransfer } from '../transfer/draw-transfer.js';
import { accountPicker } from '../transfer/pick-account.js';
import { seeded } from '../transfer/random.js';
import type { FloorCoordinator } from './floor-coordinator.js';

const PARTICIPANTS = 2;

/** The client of the floor: in the coordinator's process, without HTTP. */
export function driveFloor(coordinator: FloorCoordinator, workload: Workload): Promise<LoadResult> {
  const random = seeded(workload.seed);
  const pick = accountPicker(workload.theta, random);
  const submit = () => coordinator.transfer(drawTransfer(PARTICIPANTS, pick, random));
  return closedLoop(workload, submit, (edge) => tell<Edge>(edge));
}
