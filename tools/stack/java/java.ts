import { spawnSync } from 'node:child_process';

import { StackError } from '../errors.js';

const OLDEST_JAVA = 17;

const INSTALL = 'Install it (Debian: `apt-get install openjdk-17-jre-headless maven`)';

/** Who needs Java, as a sentence begins with it, and what else the user can do. */
export interface JavaUser {
  readonly name: string;
  readonly instead?: string;
}

const remedyOf = ({ instead }: JavaUser): string =>
  instead === undefined ? `${INSTALL}.` : `${INSTALL}, or ${instead}.`;

/**
 * The version of `java`, like `17.0.15`.
 * @throws StackError when there is no Java, or one too old
 */
export function requireJava(user: JavaUser): string {
  const answer = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (answer.status !== 0)
    throw new StackError(`${user.name} needs Java ${OLDEST_JAVA}, and there is no \`java\`.`, remedyOf(user));
  const version = /version "([^"]+)"/.exec(answer.stderr)?.[1] ?? 'unknown';
  if (Number.parseInt(version, 10) < OLDEST_JAVA)
    throw new StackError(
      `${user.name} needs Java ${OLDEST_JAVA}; \`java\` is version ${version}.`,
      remedyOf(user),
    );
  return version;
}

/** @throws StackError when Maven, which fetches the jars, is missing */
export function requireMaven(user: JavaUser): void {
  const answer = spawnSync('mvn', ['--version'], { stdio: 'ignore' });
  if (answer.status !== 0)
    throw new StackError(
      `${user.name} needs jars that Maven fetches, and there is no \`mvn\`.`,
      remedyOf(user),
    );
}
