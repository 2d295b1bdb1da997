#!/usr/bin/env node
/**
 * Asks the app of this container whether it is ready (`PORT` of its environment): exit code 0 when it is, else 1
 * and what it said. For images without curl; a URL may be given instead.
 */
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT}/health/ready`;

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  const text = await answer.text();
  process.stdout.write(`${answer.status} ${text}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${url}: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
