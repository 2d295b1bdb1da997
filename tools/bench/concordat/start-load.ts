import { Worker } from '../processes/worker.js';
import type { Site } from '../site.js';

/** A process that submits over HTTP. */
export function startLoad(site: Site, name: string): Promise<Worker> {
  const { logDir, profileDir, onDeath } = site;
  return Worker.start({ name, program: 'concordat/load-process.js', logDir, profileDir, onDeath });
}
