import { Installation, type InstallationOptions, type Submission } from '../concordat/installation.js';
import type { BankStyle } from '../concordat/operations.js';
import type { Options } from '../options.js';
import type { Site } from '../site.js';

/** Names of tcc banks, numbered from 1. */
export const banks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `bank_${index + 1}`);

/** An installation of `count` tcc banks, as series use it. */
export function startTcc(
  site: Site,
  { coordinators, partitions }: Options,
  count = 2,
  more: Partial<InstallationOptions> = {},
): Promise<Installation> {
  const styles = Object.fromEntries(banks(count).map((name): [string, BankStyle] => [name, 'tcc']));
  return Installation.start(site, { coordinators, partitions, banks: styles, ...more });
}

/** A transfer by tcc over the first `count` banks, awaited until it is applied. */
export const tccTransfer = (count = 2, padding = 0): Submission => ({
  name: 'concordat tcc applied',
  wait: 'applied',
  participants: banks(count),
  mode: '2pc',
  fallback: 'none',
  padding,
});
