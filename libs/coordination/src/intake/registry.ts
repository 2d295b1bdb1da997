import type { Ledger, ParticipantRecord } from '#persistence';
import { PACK_VERSION } from '#wire';

/** The participants as the ledger knows them, cached; refreshed by the sweep, and once when a name is missing. */
export class Registry {
  private byName = new Map<string, ParticipantRecord>();
  private boots = new Map<string, string>();

  constructor(private readonly ledger: Pick<Ledger, 'participants'>) {}

  get(name: string): ParticipantRecord | undefined {
    return this.byName.get(name);
  }

  /** As it announced itself last; one never heard of is written to in the plainest way. */
  readsPacks(name: string): boolean {
    return this.byName.get(name)?.wireVersions.includes(PACK_VERSION) ?? false;
  }

  all(): readonly ParticipantRecord[] {
    return [...this.byName.values()];
  }

  /** Reads the registry; returns the participants of which a new process said HELLO since the last read. */
  async refresh(): Promise<readonly string[]> {
    const records = await this.ledger.participants();
    const back = records.filter((record) => this.isNewBoot(record)).map((record) => record.name);
    this.byName = new Map(records.map((record) => [record.name, record]));
    return back;
  }

  /** Looks again before a participant is called unknown: it may have registered a moment ago, at another instance. */
  async find(names: readonly string[]): Promise<ReadonlyMap<string, ParticipantRecord>> {
    if (names.some((name) => !this.byName.has(name))) await this.refresh();
    return this.byName;
  }

  private isNewBoot(record: ParticipantRecord): boolean {
    const boots = record.instances
      .map((instance) => instance.bootId)
      .sort()
      .join(',');
    const changed = this.boots.get(record.name) !== boots;
    this.boots.set(record.name, boots);
    return changed;
  }
}
