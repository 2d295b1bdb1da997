import { Inject, Injectable } from '@nestjs/common';
import type { Engine, WaitingWork } from '#coordination';
import type { InstanceRecord, Ledger, ParticipantRecord } from '#persistence';
import type { Config, Page } from '#service';
import type { PageQuery } from '../http/query.js';
import { sortedPage } from '../http/sorted-page.js';
import { CONFIG, ENGINE, LEDGER, WAITING_WORK } from '../tokens.js';
import type { InstanceView, ParticipantView } from './registry-schema.js';

/** Who takes part: participants as they announced themselves, instances as they beat. */
@Injectable()
export class RegistryService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(WAITING_WORK) private readonly waiting: WaitingWork,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async participants(query: PageQuery): Promise<Page<ParticipantView>> {
    const views = (await this.ledger.participants()).map((record) => this.participant(record));
    return sortedPage(views, query, ({ name }) => name);
  }

  /** As of the last heartbeat of this instance. */
  instances(query: PageQuery): Page<InstanceView> {
    const { alive, dead } = this.engine.instances;
    const views = [
      ...alive.map((record) => this.instance(record, true)),
      ...dead.map((record) => this.instance(record, false)),
    ];
    return sortedPage(views, query, ({ id }) => id);
  }

  private participant(record: ParticipantRecord): ParticipantView {
    const styles = [...new Set(record.operations.flatMap((operation) => operation.styles))].sort();
    return { ...record, styles, waiting: this.waiting.of(record.name) };
  }

  private instance(record: InstanceRecord, alive: boolean): InstanceView {
    const { id, role, url, replyPartitions, startedAt, silentMs } = record;
    return {
      id,
      role,
      url,
      replyPartitions,
      startedAt,
      silentMs,
      alive,
      self: id === this.config.instanceId,
    };
  }
}
