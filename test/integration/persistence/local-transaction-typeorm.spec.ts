/** A handler may use TypeORM over the very transaction that the participant's store prepares or commits. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createPostgresBranchStore,
  createPostgresOutboxStore,
  entityManagerOver,
  type BranchStore,
} from '#persistence';
import { silentLog } from '#observability';
import { DataSource, EntitySchema } from 'typeorm';
import { anyGtx, gidOf, keyOf, rowOf } from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { startParticipantServer, type ParticipantServer } from './participant-server.js';

jest.setTimeout(60_000);

interface Business {
  key: string;
  value: string;
}
const BusinessEntity = new EntitySchema<Business>({
  name: 'Business',
  tableName: 'business',
  columns: { key: { type: 'text', primary: true }, value: { type: 'text' } },
});

let server: ParticipantServer;
let source: DataSource;
let branches: BranchStore;

beforeAll(async () => {
  server = await startParticipantServer(8);
  const url = server.url('one', 'payments');
  source = await new DataSource({ type: 'postgres', url, entities: [BusinessEntity] }).initialize();
  branches = createPostgresBranchStore({ url, participant: 'payments', log: silentLog });
});

afterAll(async () => {
  await branches.close();
  await source.destroy();
  await server.stop();
});

const stored = async (key: string): Promise<string | null> =>
  (await source.getRepository(BusinessEntity).findOneBy({ key }))?.value ?? null;

describe('a TypeORM manager over a local transaction', () => {
  it('writes in that transaction: unseen until commitPrepared, gone after a rollback', async () => {
    const [kept, dropped] = [keyOf(anyGtx()), keyOf(anyGtx())];
    const tx = await branches.begin();
    await entityManagerOver(source, tx.client).save(BusinessEntity, { key: kept.gtx, value: 'charged' });
    await tx.insertRows([rowOf(kept, { style: 'xa', state: 'COMMITTED' })]);
    await tx.prepare(gidOf(kept));
    const other = await branches.begin();
    await entityManagerOver(source, other.client).save(BusinessEntity, {
      key: dropped.gtx,
      value: 'charged',
    });
    await other.rollback();

    const before = await stored(kept.gtx);
    await branches.commitPrepared(gidOf(kept));

    expect([before, await stored(kept.gtx), await stored(dropped.gtx)]).toEqual([null, 'charged', null]);
  });

  it('nests its own transactions as savepoints', async () => {
    const [kept, dropped] = [anyGtx(), anyGtx()];
    const tx = await branches.begin();
    const manager = entityManagerOver(source, tx.client);
    await manager.transaction((nested) => nested.save(BusinessEntity, { key: kept, value: 'charged' }));
    const failing = manager.transaction(async (nested) => {
      await nested.save(BusinessEntity, { key: dropped, value: 'charged' });
      throw new Error('no funds');
    });
    await expect(failing).rejects.toThrow('no funds');
    await tx.commit();

    expect([await stored(kept), await stored(dropped)]).toEqual(['charged', null]);
  });

  it('cannot end the transaction that is not its own', async () => {
    const key = anyGtx();
    const tx = await branches.begin();
    const manager = entityManagerOver(source, tx.client);
    await manager.save(BusinessEntity, { key, value: 'charged' });

    await expect(manager.queryRunner?.commitTransaction()).rejects.toThrow(/ended by Concordat/);
    await expect(manager.queryRunner?.rollbackTransaction()).rejects.toThrow(/ended by Concordat/);
    await tx.rollback();

    expect(await stored(key)).toBeNull();
  });

  it('carries an outbox entry: submitted if and only if the local transaction commits', async () => {
    const outbox = createPostgresOutboxStore({ url: server.url('one', 'payments'), log: silentLog });
    const [kept, dropped] = [anyGtx(), anyGtx()];
    const entry = (gtx: string) => ({ gtx, key: null, request: {}, idempotencyKey: null });
    for (const gtx of [kept, dropped]) {
      const tx = await branches.begin();
      await outbox.enqueue(entityManagerOver(source, tx.client), [entry(gtx)]);
      await (gtx === kept ? tx.commit() : tx.rollback());
    }

    expect([await outbox.find(kept), await outbox.find(dropped)]).toMatchObject([{ gtx: kept }, null]);
    await outbox.close();
  });
});
