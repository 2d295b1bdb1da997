import type { Dice } from '../../../crash/support/random.js';
import { call } from '../../../crash/support/shop.js';
import type { Shop } from '../../../crash/support/shop.js';
import type { Site } from '../../../crash/support/site.js';

const LOOK_EVERY_MS = 500;
const LOOKS = 3;
/** Old ones are looked at again: an outcome may be lost long after it was told. */
const RECENT = 60;

/** I10: reads transactions at any coordinator all the time, and remembers every outcome it was told. */
export class Watcher {
  private readonly told = new Map<string, string>();
  private readonly wrong: string[] = [];
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();
  private isLooking = false;
  /** Answers read so far. */
  answers = 0;

  constructor(
    private readonly site: Pick<Site, 'cluster'>,
    private readonly shop: Pick<Shop, 'journal'>,
    private readonly dice: Dice,
  ) {
    this.timer = setInterval(() => this.lookUnlessLooking(), LOOK_EVERY_MS);
  }

  get violations(): readonly string[] {
    return this.wrong;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Asks for a few transactions once. */
  async look(): Promise<void> {
    const recent = this.shop.journal.slice(-RECENT).flatMap(({ transactionId }) => transactionId ?? []);
    if (recent.length === 0) return;
    const asked = Array.from({ length: LOOKS }, () => this.ask(this.dice.pick(recent)));
    await Promise.all(asked);
  }

  /** What an answer says about a transaction of which another outcome is known. */
  note(gtx: string, outcome: string | null, by: string): void {
    this.answers += 1;
    const before = this.told.get(gtx);
    if (before !== undefined && before !== outcome)
      this.wrong.push(`${gtx}: ${before}, then ${by} says ${outcome}`);
    if (outcome !== null) this.told.set(gtx, before ?? outcome);
  }

  private lookUnlessLooking(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    this.looking = this.look().finally(() => (this.isLooking = false));
  }

  private async ask(gtx: string): Promise<void> {
    const urls = Object.entries(this.site.cluster.urls).filter(([name]) => name.startsWith('coordinator'));
    const [name, url] = this.dice.pick(urls);
    const before = this.told.get(gtx);
    const answer = await call(`${url}/v1/transactions/${gtx}`, {});
    if (answer?.status === 404 && before !== undefined) this.note(gtx, 'unknown', name);
    // A question under way while another one learned the outcome may have been answered before it was set.
    if (answer?.status === 200) {
      const { outcome } = answer.body as { outcome: string | null };
      if (outcome !== null || before !== undefined) this.note(gtx, outcome, name);
    }
  }
}
