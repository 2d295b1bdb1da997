import { describe, expect, it } from '@jest/globals';
import { createLog, type LogOptions } from './create-log.js';

function capture(options: Partial<LogOptions> = {}): { log: ReturnType<typeof createLog>; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return {
    lines,
    log: createLog({ level: 'info', name: 'payments', instance: 'host-1', write, ...options }),
  };
}

describe('the log', () => {
  it('writes one JSON object a line, with who says it', () => {
    const { log, lines } = capture();
    log.child({ gtx: 'g' }).info({ branch: 'b' }, 'prepared');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        name: 'payments',
        instance: 'host-1',
        gtx: 'g',
        branch: 'b',
        msg: 'prepared',
      },
    ]);
  });

  it('drops what is below its level', () => {
    const { log, lines } = capture({ level: 'warn' });
    log.info({}, 'no');
    log.warn({}, 'yes');
    expect(lines).toHaveLength(1);
  });

  it.each(['err', 'error', 'cause'])('shows an Error in the field %s with its cause', (field) => {
    const { log, lines } = capture();
    log.error({ [field]: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(lines[0]).toContain('outer');
    expect(lines[0]).toContain('inner');
  });

  it('in its pretty form is one line, and lets no control character through', () => {
    const { log, lines } = capture({ format: 'pretty' });
    log.info({ gtx: 'g', detail: 'a\u001b[2Jb\nc' }, 'took a vote');
    const plain = lines.join('').replaceAll(/\u001b\[[0-9;]*m/g, '');
    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}payments {4}took a vote gtx=g detail=a\\u001b\[2Jb\\nc\n$/,
    );
  });
});
