export { ConfigError, HelpRequested, type Problem } from './config.errors.js';
export { currentEnvironment, nodeEnvironment } from './environment.js';
export { managerSchema, readManagerConfig, type ManagerConfig } from './manager.config.js';
export { nodeSchema, readNodeConfig, type NodeConfig } from './node.config.js';
export type { Environment } from './read.js';
export { settingsOf, type Setting } from './setting.js';
export { settingsTable } from './usage.js';
