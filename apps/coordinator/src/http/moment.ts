import { z } from 'zod';

/** A database time as it is answered: ISO 8601 in UTC, with milliseconds. */
export const moment = z.string().meta({ format: 'date-time', description: 'Database time, UTC.' });
