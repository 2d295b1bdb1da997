import type { Log } from '#observability';
import type { Cluster } from 'kafkajs';

/** kafkajs has the call and does not publish its type. */
interface GroupCoordinator {
  leaveGroup?(member: { groupId: string; memberId: string }): Promise<unknown>;
}

/**
 * Takes the member that a dead consumer left behind out of its group. Otherwise its successor waits in the rebalance
 * until the session of the ghost has run out: 6 s after each outage of the broker. A ghost that stays costs just that.
 */
export async function removeGhost(
  cluster: Cluster,
  groupId: string,
  memberId: string,
  log: Log,
): Promise<void> {
  try {
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as GroupCoordinator;
    await coordinator.leaveGroup?.({ groupId, memberId });
  } catch (error) {
    log.debug({ err: error, memberId }, 'the member of the consumer before was not taken out of the group');
  }
}
