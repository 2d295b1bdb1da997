import type { TimelineEntry } from '../../../port/ledger.js';
import { cleanText, jsonArray } from '../arrays.js';

const PRINTABLE = /^[\x20-\x7e]*$/;

/** Without U+0000 and half surrogate pairs, which SQL cannot take out of JSON. */
const plain = (text: string): string =>
  PRINTABLE.test(text) ? text : cleanText(Buffer.from(text).toString());

/**
 * An entry as a row of concordat.event keeps it, for concordat.timeline to read. `detail` stands apart: it may hold what SQL cannot take
 * out of JSON, and to read one text of an array SQL decodes them all.
 */
const compact = ({ kind, attempt, branch, instance, detail }: TimelineEntry): unknown[] => [
  [plain(kind), attempt, branch === null ? null : plain(branch), plain(instance)],
  detail,
];

/** One parameter: what each step of the batch tells, SQL's NULL where it tells nothing. */
export const timelineArray = (batch: readonly { readonly timeline: readonly TimelineEntry[] }[]): string =>
  jsonArray(batch.map(({ timeline }) => (timeline.length === 0 ? null : timeline.map(compact))));
