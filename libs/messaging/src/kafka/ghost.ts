import type { Log } from '#observability';
import type { Cluster } from 'kafkajs';

/** kafkajs has the calls and does not publish their types. */
interface GroupCoordinator {
  leaveGroup?(member: { groupId: string; memberId: string }): Promise<unknown>;
  describeGroups?(asked: { groupIds: readonly string[] }): Promise<{
    readonly groups: readonly {
      readonly members: readonly { readonly memberId: string; readonly clientId: string }[];
    }[];
  }>;
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

/**
 * Takes out of its group whoever joined it under `clientId`. Before the join of a consumer that is the only one of that name
 * this is what its killed predecessor left behind, or one of its own that died while it joined: for such a one the group waits
 * up to the rebalance timeout, and nobody knows its id. Where the name was given twice by mistake, the other one joins again.
 */
export async function removeFormer(
  cluster: Cluster,
  groupId: string,
  clientId: string,
  log: Log,
): Promise<void> {
  try {
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as GroupCoordinator;
    const described = await coordinator.describeGroups?.({ groupIds: [groupId] });
    const members = described?.groups.flatMap((group) => group.members) ?? [];
    for (const { memberId } of members.filter((member) => member.clientId === clientId)) {
      await coordinator.leaveGroup?.({ groupId, memberId });
      log.info({ memberId }, 'took the member that a consumer of the same name left behind out of the group');
    }
  } catch (error) {
    log.debug(
      { err: error, clientId },
      'the group was not searched for what a consumer of the same name left',
    );
  }
}
