import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';

import type { Exit } from '../processes/managed-process.js';

let made = 0;

/** Java says on its output that it cannot use an archive; it goes on without. */
const QUIETLY = '-Xlog:cds*=off';

/**
 * What the classes of one program look like inside a JVM, made when it first ends and used by every later start (JEP 350, dynamic
 * class-data sharing): a broker starts with half the CPU. Of another Java, or of other jars, it would not be used; so it is named
 * after the Java, and lies beside the folder of the jars, which is named after their versions.
 */
export class ClassArchive {
  private readonly file: string;
  private readonly draft: string;

  constructor(jars: string, program: string, javaVersion: string) {
    this.file = `${jars}-${program}-${javaVersion}.jsa`;
    this.draft = `${this.file}.${process.pid}-${(made += 1)}`;
  }

  /** For the command line of one start. */
  flags(): readonly string[] {
    const how = existsSync(this.file)
      ? `-XX:SharedArchiveFile=${this.file}`
      : `-XX:ArchiveClassesAtExit=${this.draft}`;
    return [how, QUIETLY];
  }

  /** After it ended: what it left is for all that follow. One that was killed may have left half of it. */
  async keep({ signal }: Exit): Promise<void> {
    if (signal === 'SIGKILL' || !existsSync(this.draft)) return;
    await rename(this.draft, this.file);
  }
}
