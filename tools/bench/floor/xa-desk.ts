import pg from 'pg';

import type { Answer, Branch, FloorDesk } from './branch.js';

/** Connections of each phase, as many as a participant of the product has. */
const CONNECTIONS = 16;

/**
 * A real PREPARE TRANSACTION and COMMIT PREPARED a branch, each one round trip: the statements go as one text. The literals are numbers
 * and uuids made here.
 */
export async function xaDesk(databaseUrl: string, answer: Answer, name: string): Promise<FloorDesk> {
  const open = (): pg.Pool => new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  const work = open();
  const control = open();
  const carryOut = async (
    pool: pg.Pool,
    text: string,
    type: 'VOTE' | 'ACK',
    branch: Branch,
  ): Promise<void> => {
    await pool.query(text);
    answer(type, [branch]);
  };
  return {
    prepare: (branches) => {
      for (const branch of branches) void carryOut(work, prepareText(name, branch), 'VOTE', branch);
    },
    commit: (branches) => {
      for (const branch of branches)
        void carryOut(control, `COMMIT PREPARED '${gidOf(name, branch)}'`, 'ACK', branch);
    },
  };
}

/** Unique in the server, which several participants share. */
const gidOf = (name: string, { gtx }: Branch): string => `${name}:${gtx}`;

const prepareText = (name: string, branch: Branch): string => {
  const {
    gtx,
    change: { account, amount },
  } = branch;
  return `
  BEGIN;
  INSERT INTO floor.guard (gtx, state) VALUES ('${gtx}', 'PREPARED');
  UPDATE bank.account SET balance = balance + ${amount} WHERE id = ${account} AND balance + pending + ${amount} >= 0;
  PREPARE TRANSACTION '${gidOf(name, branch)}'`;
};
