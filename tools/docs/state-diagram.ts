import { TERMINAL, TRANSITIONS } from '#protocol';
import type { TransactionState } from '#protocol';

/** docs/state-diagram.md: drawn from the one table of legal transitions, so that it cannot say anything else. */
export function stateDiagram(): string {
  return [
    '# States of a transaction',
    '',
    '<!-- Generated from libs/protocol/src/transitions.ts by `npm run docs:generate`; do not edit. -->',
    '',
    'What leads from one state to the next is in the [protocol library](../libs/protocol/README.md). `BEGUN` is never stored: the',
    'first durable state is `PREPARING` or `SAGA_RUNNING`. A transaction is over in ' +
      list(TERMINAL) +
      '; `outcome` is',
    'set earlier, by the decision.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> BEGUN',
    ...arrows(),
    ...TERMINAL.map((state) => `  ${state} --> [*]`),
    '```',
    '',
  ].join('\n');
}

function arrows(): string[] {
  return Object.entries(TRANSITIONS).flatMap(([from, targets]) => targets.map((to) => `  ${from} --> ${to}`));
}

function list(states: readonly TransactionState[]): string {
  return states.map((state) => `\`${state}\``).join(', ');
}
