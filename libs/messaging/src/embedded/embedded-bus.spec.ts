import { busConformance } from '../conformance/bus-conformance.js';
import { crashOf } from '../conformance/world.js';
import { createEmbeddedBroker } from './embedded-broker.js';

busConformance('embedded', async () => {
  const broker = createEmbeddedBroker();
  let names = 0;
  return {
    connect: (clientId) => broker.connect(clientId),
    name: (base) => `${base}-${(names += 1)}`,
    crash: crashOf,
    close: async () => undefined,
  };
});
