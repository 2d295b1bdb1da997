export interface ConfigFault {
  /** Environment name. */
  readonly name: string;
  readonly detail: string;
}

/** Thrown at start, before anything is opened, when the environment cannot be understood. Never retriable; holds no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONCORDAT_CONFIG';
  readonly retriable = false;
  constructor(readonly faults: readonly ConfigFault[]) {
    super(['the settings are wrong:', ...faults.map(({ name, detail }) => `  ${name} ${detail}`)].join('\n'));
  }
}
