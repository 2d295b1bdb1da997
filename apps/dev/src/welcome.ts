import picocolors from 'picocolors';
import { orderCommand } from '#stack';
import { DEV_APPS, type DevApp } from './app-environment.js';

const NAME_WIDTH = 14;

/** What is said when everything is ready: where things are, and what to try. */
export function welcome(urlOf: (app: DevApp) => string, databaseUrl: string | null): string {
  const { bold, cyan, dim } = picocolors;
  const line = (name: string, text: string): string => `  ${name.padEnd(NAME_WIDTH)}${text}`;
  return [
    '',
    bold('Concordat is ready.'),
    ...DEV_APPS.map((app) => line(app, `${cyan(urlOf(app))} ${dim('(/docs, /metrics, /health/ready)')}`)),
    ...(databaseUrl === null ? [] : [line('PostgreSQL', cyan(databaseUrl))]),
    '',
    'Place an order:',
    `  ${orderCommand(urlOf('orders'))}`,
    'See what became of it, with the ids it answers:',
    `  curl -sS ${urlOf('orders')}/orders/<orderId>`,
    `  curl -sS ${urlOf('coordinator')}/v1/transactions/<transactionId>/timeline`,
    dim('Ctrl-C stops everything; the data stays.'),
    '',
  ].join('\n');
}
