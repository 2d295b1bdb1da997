import path from 'node:path';

import { freePort, startApp, type AppProcess } from '#stack';
import { profileFlags } from '../processes/profile.js';
import type { Site } from '../site.js';

export interface CoordinatorPlan {
  readonly topicPrefix: string;
  readonly databaseUrl: string;
  readonly partitions: number;
}

/** The real coordinator app, as `bin/concordat.mjs coordinator` starts it; resolves when it is ready. */
export async function startCoordinator(site: Site, name: string, plan: CoordinatorPlan): Promise<AppProcess> {
  const profiling = site.profileDir === undefined ? undefined : profileFlags(site.profileDir, name).join(' ');
  const app = await startApp('coordinator', {
    env: {
      PORT: String(await freePort()),
      DATABASE_URL: plan.databaseUrl,
      KAFKA_BROKERS: site.kafka.brokers,
      CONCORDAT_INSTANCE_ID: name,
      CONCORDAT_TOPIC_PREFIX: plan.topicPrefix,
      CONCORDAT_PARTITIONS: String(plan.partitions),
      NODE_OPTIONS: profiling,
    },
    logFile: path.join(site.logDir, `${name}.log`),
  });
  await app.ready();
  return app;
}
