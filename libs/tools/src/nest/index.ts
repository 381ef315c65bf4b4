export { McpToolsModule, type McpToolsOptions } from './mcp-tools.module.js';
export { ANNOUNCER, BACKGROUND, CLOCK, DATA_DIR, JOBS, RNG } from './tokens.js';
export { loadToolFolder, type FoundClass } from './tool-folder.js';
export { ToolRegistrar } from './tool-registrar.js';
