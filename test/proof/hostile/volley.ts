import type { OutgoingRecord } from '#messaging';
import { bytesOf, MARK, type Hostile, type Shape, type Spoiled } from './hostile-record.js';
import { MAKERS, type Misplaced, type Surroundings } from './misplaced.js';
import { PACK_WAYS } from './spoil-packs.js';
import { RARE_WAYS, WAYS } from './spoil.js';

/** Shares of a volley; the rest is misplaced. */
const SPOILED = 0.55;
const RARE = 0.008;
const PACKED = 0.1;
const DOUBLED = 0.04;

/** Draws hostile records: spoiled ones on every topic, misplaced ones about what is under way, some twice, in any order. */
export class Gunner {
  private serial = 0;
  /** How often each kind was drawn. */
  readonly drawn = new Map<string, number>();

  constructor(
    private readonly around: Surroundings,
    private readonly shapes: ReadonlyMap<string, readonly Shape[]>,
  ) {}

  volley(count: number): readonly Hostile[] {
    const { dice } = this.around;
    const records: Hostile[] = [];
    while (records.length < count) {
      const one = this.one();
      records.push(one);
      if (dice.next() < DOUBLED && records.length < count) records.push(this.marked({ ...one }));
    }
    return records
      .map((record) => [dice.next(), record] as const)
      .sort(([a], [b]) => a - b)
      .map(([, record]) => record);
  }

  private one(): Hostile {
    const { dice } = this.around;
    const chance = dice.next();
    if (chance < RARE) return this.spoiled(RARE_WAYS);
    if (chance < RARE + PACKED) return this.spoiled(PACK_WAYS);
    if (chance < RARE + SPOILED) return this.spoiled(WAYS);
    const kind = dice.pick(Object.keys(MAKERS));
    const made = MAKERS[kind]!(this.around);
    // Nothing of that kind is under way yet.
    return made ? this.misplaced(kind, made) : this.spoiled(WAYS);
  }

  private spoiled(ways: typeof WAYS): Hostile {
    const { dice } = this.around;
    for (;;) {
      const shape = dice.pick(this.shapes.get(dice.pick([...this.shapes.keys()]))!);
      const kind = dice.pick(Object.keys(ways));
      const done = ways[kind]!(shape, dice);
      if (done) return this.marked({ mark: '', kind, record: recordOf(shape, done), reasons: [done.reason] });
    }
  }

  private misplaced(kind: string, { shape, ...expected }: Misplaced): Hostile {
    return this.marked({
      mark: '',
      kind,
      record: recordOf(shape, { value: bytesOf(shape.body) }),
      ...expected,
    });
  }

  private marked(hostile: Hostile): Hostile {
    const mark = String((this.serial += 1));
    this.drawn.set(hostile.kind, (this.drawn.get(hostile.kind) ?? 0) + 1);
    return {
      ...hostile,
      mark,
      record: markedRecord(hostile.record, mark, hostile.reasons.includes('FORGED')),
    };
  }
}

function recordOf(
  shape: Shape,
  { key = shape.key, headers = shape.headers, value }: Omit<Spoiled, 'reason'>,
): OutgoingRecord {
  return { topic: shape.topic, key, headers, value };
}

/** First among the headers: a dead letter keeps only so many. */
function markedRecord(record: OutgoingRecord, mark: string, forgedLetter: boolean): OutgoingRecord {
  const headers = Object.assign({ [MARK]: mark }, record.headers, { [MARK]: mark });
  if (!forgedLetter) return { ...record, headers };
  const letter = JSON.parse(record.value!.toString()) as object;
  return { ...record, headers, value: bytesOf({ ...letter, offset: mark, headers: { [MARK]: mark } }) };
}
