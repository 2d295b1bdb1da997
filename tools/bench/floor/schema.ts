/** Of the floor's coordinator: one row a transaction. */
export const CREATE_LEDGER = `
  CREATE SCHEMA floor;
  CREATE TABLE floor.tx (
    gtx uuid NOT NULL, state text NOT NULL, request json NOT NULL, decided_at timestamptz,
    CONSTRAINT tx_pk PRIMARY KEY (gtx)
  ) WITH (fillfactor = 60)`;

/** Of its participants: one guard row a branch. */
export const CREATE_GUARDS = `
  CREATE SCHEMA floor;
  CREATE TABLE floor.guard (
    gtx uuid NOT NULL, state text NOT NULL, payload json,
    CONSTRAINT guard_pk PRIMARY KEY (gtx)
  ) WITH (fillfactor = 60)`;
