import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';

const TAIL_BYTES = 8_192;
const TAIL_LINES = 80;

/** The last lines of a file of any size; empty when there is no file. */
export function tailOfFile(file: string): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - start);
    readSync(descriptor, bytes, 0, bytes.length, start);
    const lines = bytes.toString('utf8').split('\n');
    return (start > 0 ? lines.slice(1) : lines).slice(-TAIL_LINES).join('\n');
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes in a file; 0 when there is none. */
export const sizeOfFile = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** What was written to a file since it had `start` bytes; empty when there is no file. */
export const textSince = (file: string, start: number): string =>
  existsSync(file) ? readFileSync(file).subarray(start).toString('utf8') : '';

/** Keeps the last lines in memory and hands each complete line on. */
export class LineLog {
  private readonly lines: string[] = [];

  constructor(private readonly onLine: (line: string) => void = () => undefined) {}

  /** Both streams of a child go through one log; each keeps its own unfinished line. */
  attach(stream: Readable): void {
    let unfinished = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (unfinished + chunk).split('\n');
      unfinished = parts.pop() ?? '';
      for (const line of parts) this.add(line);
    });
    stream.on('end', () => {
      if (unfinished !== '') this.add(unfinished);
    });
  }

  tail(): string {
    return this.lines.join('\n');
  }

  private add(line: string): void {
    this.lines.push(line);
    if (this.lines.length > TAIL_LINES) this.lines.shift();
    this.onLine(line);
  }
}
