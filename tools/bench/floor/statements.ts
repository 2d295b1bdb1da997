import { CONFIRM, RESERVE } from '../transfer/account-sql.js';

/** One statement a phase a batch; $1 gtx[] first. Those of participants change the accounts in the same statement. */
export const BEGIN = `
  INSERT INTO floor.tx (gtx, state, request) SELECT unnest($1::uuid[]), 'PREPARING', unnest($2::json[])`;
export const DECIDE = `UPDATE floor.tx SET state = 'COMMITTING', decided_at = now() WHERE gtx = ANY ($1::uuid[])`;
export const END = `UPDATE floor.tx SET state = 'COMMITTED' WHERE gtx = ANY ($1::uuid[])`;

/** $1 ids, $2 amounts, $3 gtx[], $4 payloads. */
export const PREPARE = `
  WITH guarded AS (
    INSERT INTO floor.guard (gtx, state, payload) SELECT unnest($3::uuid[]), 'PREPARED', unnest($4::json[])
  ) ${RESERVE}`;
/** $1 ids, $2 amounts, $3 gtx[]. */
export const COMMIT = `
  WITH guarded AS (UPDATE floor.guard SET state = 'COMMITTED' WHERE gtx = ANY ($3::uuid[])) ${CONFIRM}`;
