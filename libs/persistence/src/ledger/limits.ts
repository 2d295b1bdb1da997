/** An instance (driver or participant) silent for longer than this is no longer shown, once nothing depends on it. */
export const FORGOTTEN_AFTER_MS = 3_600_000;
