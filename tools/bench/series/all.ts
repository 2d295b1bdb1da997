import type { Options, SeriesName } from '../options.js';
import type { Site } from '../site.js';
import { comparison } from './comparison.js';
import { coordinators } from './coordinators.js';
import { backlog } from './backlog.js';
import { history } from './history.js';
import { overload } from './overload.js';
import { participants } from './participants.js';
import { payload } from './payload.js';
import type { Series } from './series.js';
import { sickParticipant } from './sick-participant.js';
import { sustained } from './sustained.js';
import { zipf } from './zipf.js';

/** Starts what a series measures. */
type StartSeries = (site: Site, options: Options, say: (line: string) => void) => Promise<Series>;

export const SERIES: Readonly<Record<SeriesName, StartSeries>> = {
  comparison,
  participants,
  payload,
  zipf,
  coordinators,
  history,
  backlog,
  'sick-participant': sickParticipant,
  overload,
  sustained,
};
