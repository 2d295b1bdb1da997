import { spawnSync } from 'node:child_process';

import { StackError } from '../errors.js';

const OLDEST_JAVA = 17;

const REMEDY =
  'Install it (Debian: `apt-get install openjdk-17-jre-headless maven`), ' +
  'or set KAFKA_BROKERS to a broker that runs already.';

/** @throws StackError when there is no Java, or one too old for the broker */
export function requireJava(): void {
  const answer = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (answer.status !== 0)
    throw new StackError('A Kafka broker needs Java 17, and there is no `java`.', REMEDY);
  const version = /version "(\d+)/.exec(answer.stderr)?.[1];
  if (version !== undefined && Number(version) < OLDEST_JAVA) {
    throw new StackError(`A Kafka broker needs Java ${OLDEST_JAVA}; \`java\` is version ${version}.`, REMEDY);
  }
}

/** @throws StackError when Maven, which fetches the broker's jars, is missing */
export function requireMaven(): void {
  const answer = spawnSync('mvn', ['--version'], { stdio: 'ignore' });
  if (answer.status !== 0)
    throw new StackError("The broker's jars are fetched by Maven, and there is no `mvn`.", REMEDY);
}
