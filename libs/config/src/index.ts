export { ConfigError, HelpRequested, type Problem } from './config.errors.js';
export { advertisedOrigins, type AdvertisedOrigins } from './advertised.js';
export { currentEnvironment, nodeEnvironment } from './environment.js';
export { managerSchema, readManagerConfig, type ManagerConfig } from './manager.config.js';
export { nodeSchema, readNodeConfig, type NodeConfig } from './node.config.js';
export { NO_REDIS } from './redis.settings.js';
export type { Environment } from './read.js';
export { settingsOf, type Setting } from './setting.js';
export { settingsTable } from './usage.js';
