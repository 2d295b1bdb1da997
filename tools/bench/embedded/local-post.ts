import type { Letter, Outgoing } from '../floor/post.js';

/** A queue inside the process: what is handed over in one tick arrives together in the next. */
export class LocalPost implements Outgoing {
  private readonly readers = new Map<string, (bodies: readonly unknown[]) => void>();
  private outgoing: Letter[] = [];

  send(letters: readonly Letter[]): void {
    if (this.outgoing.length === 0 && letters.length > 0) setImmediate(() => this.deliver());
    for (const letter of letters) this.outgoing.push(letter);
  }

  read<T>(topic: string, receive: (bodies: readonly T[]) => void): void {
    this.readers.set(topic, (bodies) => receive(bodies as readonly T[]));
  }

  private deliver(): void {
    const byTopic = new Map<string, unknown[]>();
    for (const { topic, body } of this.outgoing.splice(0)) {
      const bodies = byTopic.get(topic) ?? [];
      bodies.push(body);
      byTopic.set(topic, bodies);
    }
    for (const [topic, bodies] of byTopic) this.readers.get(topic)?.(bodies);
  }
}
