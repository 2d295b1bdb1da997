import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import type { Log } from '../ports.js';
import { prettyLine } from './pretty-line.js';

export const LogLevel = {
  Debug: 'debug',
  Info: 'info',
  Warn: 'warn',
  Error: 'error',
  Silent: 'silent',
} as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

export interface LogOptions {
  /** Lines below are dropped. */
  readonly level: LogLevel;
  /** The app: `coordinator`. */
  readonly name: string;
  /** CONCORDAT_INSTANCE_ID. */
  readonly instance: string;
  /** `json` (one object a line, for machines) or `pretty` (one line for the eye). Default json. */
  readonly format?: 'json' | 'pretty';
  /** Where lines go; default stdout, written synchronously so that a crash loses none. */
  readonly write?: (line: string) => void;
}

const serializers = { err: stdSerializers.err, error: stdSerializers.err, cause: stdSerializers.err };

/** A Log on pino. Fields `err`, `error` and `cause` show an Error with its stack and its own causes. */
export function createLog({ level, name, instance, format = 'json', write }: LogOptions): Log {
  const options = {
    level,
    base: { name, instance },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers,
  };
  return new PinoLog(pino(options, destination(format, write)));
}

function destination(format: 'json' | 'pretty', write: LogOptions['write']): DestinationStream {
  const out: DestinationStream = write === undefined ? pino.destination({ dest: 1, sync: true }) : { write };
  return format === 'json' ? out : { write: (line) => out.write(prettyLine(line)) };
}

/** Spelled out, not the pino logger itself: its methods take more forms than the port allows. */
class PinoLog implements Log {
  constructor(private readonly pino: Logger) {}

  debug(fields: object, message: string): void {
    this.pino.debug(fields, message);
  }
  info(fields: object, message: string): void {
    this.pino.info(fields, message);
  }
  warn(fields: object, message: string): void {
    this.pino.warn(fields, message);
  }
  error(fields: object, message: string): void {
    this.pino.error(fields, message);
  }
  child(fields: object): Log {
    return new PinoLog(this.pino.child(fields));
  }
}
