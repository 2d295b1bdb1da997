/** The participant's store over a real PostgreSQL: the conformance suite, with kill -9 of the server. */
import { afterAll, jest } from '@jest/globals';
import { branchStoreConformance } from '../../libs/persistence/src/conformance/branch-store.js';
import { startParticipantServer, type ParticipantServer } from './persistence/participant-server.js';
import { PostgresWorld } from './persistence/postgres-world.js';

jest.setTimeout(60_000);

const servers: ParticipantServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
});

branchStoreConformance('postgres', async ({ slots = 64 } = {}) => {
  const server = await startParticipantServer(slots);
  servers.push(server);
  return new PostgresWorld(server);
});
