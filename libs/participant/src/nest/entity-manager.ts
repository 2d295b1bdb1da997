import type { DataSource, EntityManager } from 'typeorm';
import type { EntityManagerFactory } from '../operations/branch-context.js';

/** What a query runner of TypeORM's postgres driver holds, as far as it is set here. */
interface OpenRunner {
  databaseConnection: unknown;
  isTransactionActive: boolean;
  transactionDepth: number;
  readonly manager: EntityManager;
}

/**
 * EntityManagers over connections that somebody else opened and will close: the branch's own local transaction. The runner is told
 * that a transaction is open, so that `manager.transaction` nests as a savepoint and never commits the branch. Do not release it.
 */
export function entityManagerFrom(dataSource: DataSource): EntityManagerFactory {
  return (client) => {
    const runner = dataSource.createQueryRunner() as unknown as OpenRunner;
    runner.databaseConnection = client;
    runner.isTransactionActive = true;
    runner.transactionDepth = 1;
    return runner.manager;
  };
}
