export { DEFAULT_PORTS, loadConfig } from './config/config.js';
export type { AppName, Config, Environment, KafkaLogin, LoadOptions } from './config/config.js';
export { ConfigError } from './config/config-error.js';
export type { ConfigFault } from './config/config-error.js';
export { configTable } from './config/config-table.js';
