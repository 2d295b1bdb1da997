import { busConformance } from '../conformance/bus-conformance.js';
import { createEmbeddedBroker } from './embedded-broker.js';
import type { EmbeddedSubscription } from './embedded-subscription.js';

busConformance('embedded', async () => {
  const broker = createEmbeddedBroker();
  let names = 0;
  return {
    connect: (clientId) => broker.connect(clientId),
    name: (base) => `${base}-${(names += 1)}`,
    crash: async (subscription) => (subscription as EmbeddedSubscription).crash(),
    close: async () => undefined,
  };
});
