import { describe, expect, it } from '@jest/globals';
import { RecordingLog } from '#observability';
import { logLevel } from 'kafkajs';
import { kafkajsLog } from './kafkajs-log.js';

function written(...lines: readonly (readonly [label: string, message: string])[]) {
  const log = new RecordingLog();
  const write = kafkajsLog(log)(logLevel.INFO);
  for (const [label, message] of lines) {
    const entry = { timestamp: '', logger: 'kafkajs', message, broker: 'b:1', stack: 'at x' };
    write({ namespace: 'Connection', level: logLevel.INFO, label, log: entry });
  }
  return log.lines.map(({ level, message, fields }) => ({ level, message, fields }));
}

describe('log of kafkajs', () => {
  it('comes one level lower, with its fields and without its stack', () => {
    expect(written(['ERROR', 'Connection timeout'])).toEqual([
      {
        level: 'warn',
        message: 'kafkajs: Connection timeout',
        fields: { component: 'Connection', broker: 'b:1' },
      },
    ]);
    expect(written(['WARN', 'rejoining'], ['INFO', 'Starting']).map(({ level }) => level)).toEqual([
      'info',
      'debug',
    ]);
  });

  it('counts an answer that is not success among the details: a rebalance is one', () => {
    expect(written(['ERROR', 'Response Heartbeat(key: 12, version: 3)'])[0]?.level).toBe('debug');
  });

  it('writes a line that repeats itself once', () => {
    const lines = written(...Array.from({ length: 50 }, () => ['ERROR', 'connect ECONNREFUSED'] as const));

    expect(lines).toHaveLength(1);
  });
});
