import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** What a query runner of TypeORM's postgres driver holds, as far as it is set here. */
interface BorrowingRunner extends QueryRunner {
  databaseConnection: unknown;
  transactionDepth: number;
  isTransactionActive: boolean;
}

const refuse = (verb: string) => async (): Promise<never> => {
  throw new Error(
    `${verb}: this transaction is ended by Concordat; throw to roll it back, return to keep it`,
  );
};

/** Ending the outermost level is not the borrower's to do; nested levels are savepoints and work as ever. */
function keepOuterLevel(runner: BorrowingRunner): void {
  const commit = runner.commitTransaction.bind(runner);
  const rollback = runner.rollbackTransaction.bind(runner);
  const isOutermost = (): boolean => runner.transactionDepth <= 1;
  runner.commitTransaction = () => (isOutermost() ? refuse('commitTransaction')() : commit());
  runner.rollbackTransaction = () => (isOutermost() ? refuse('rollbackTransaction')() : rollback());
}

/**
 * A TypeORM manager over the open local transaction of a pg client (`LocalTransaction.client`), with the entities of
 * `dataSource`. TypeORM opens no connection for it and takes part in the transaction as it is: `manager.transaction(…)` inside
 * nests as a savepoint. Valid until the local transaction ends.
 */
export function entityManagerOver(dataSource: DataSource, client: unknown): EntityManager {
  const runner = dataSource.createQueryRunner() as BorrowingRunner;
  runner.databaseConnection = client;
  runner.isTransactionActive = true;
  runner.transactionDepth = 1;
  keepOuterLevel(runner);
  return runner.manager;
}
