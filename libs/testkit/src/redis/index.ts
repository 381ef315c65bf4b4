export { findRedisServer, startRedis, type TestRedis } from './redis-server.js';
export { redisCommands } from './redis-commands.js';
