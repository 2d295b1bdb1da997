import path from 'node:path';

import { repositoryRoot } from '../repository.js';

/** What would reach into an app from the surroundings of a test run or of the developer's shell. */
const NOT_INHERITED =
  /^(CONCORDAT_|KAFKA_|JEST_|npm_|PG[A-Z])|^(DATABASE_URL|PORT|HOST|LOG_LEVEL|NODE_OPTIONS)$/;

/**
 * Where Node keeps what it compiled (by content, shared by all processes): a start takes half as long, and the tests start
 * hundreds.
 */
const compileCache = (): string =>
  path.join(repositoryRoot(), 'node_modules', '.cache', 'concordat', 'compiled');

/**
 * The environment of a started app: what the machine needs (PATH, HOME, …) and `own`; nothing else, so
 * that one test is like the next. A name whose value is undefined is left out.
 */
export function appEnvironment(own: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return Object.fromEntries([['NODE_COMPILE_CACHE', compileCache()], ...inherited, ...given]);
}
