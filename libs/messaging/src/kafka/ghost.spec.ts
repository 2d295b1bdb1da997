import { describe, expect, it } from '@jest/globals';
import { RecordingLog } from '#observability';
import type { Cluster } from 'kafkajs';
import { removeFormer } from './ghost.js';

/** A group coordinator that knows these members. */
function groupOf(...members: readonly { readonly memberId: string; readonly clientId: string }[]) {
  const left: string[] = [];
  const coordinator = {
    describeGroups: async ({ groupIds }: { groupIds: readonly string[] }) => ({
      groups: groupIds.map((groupId) => ({ groupId, members })),
    }),
    leaveGroup: async ({ groupId, memberId }: { groupId: string; memberId: string }) =>
      void left.push(`${groupId}: ${memberId}`),
  };
  return { left, cluster: { findGroupCoordinator: async () => coordinator } as unknown as Cluster };
}

describe('what a killed process left in its group', () => {
  it('is taken out by the next process of that name, and nobody else is', async () => {
    const { cluster, left } = groupOf(
      { memberId: 'pay-1-aa', clientId: 'pay-1' },
      { memberId: 'pay-10-bb', clientId: 'pay-10' },
      { memberId: 'pay-2-cc', clientId: 'pay-2' },
      { memberId: 'pay-1-dd', clientId: 'pay-1' },
    );

    await removeFormer(cluster, 'g', 'pay-1', new RecordingLog());

    expect(left).toEqual(['g: pay-1-aa', 'g: pay-1-dd']);
  });

  it('stays until its session ends when the group cannot be read: the start goes on', async () => {
    const cluster = { findGroupCoordinator: () => Promise.reject(new Error('no coordinator')) };
    await expect(
      removeFormer(cluster as unknown as Cluster, 'g', 'pay-1', new RecordingLog()),
    ).resolves.toBeUndefined();
  });
});
