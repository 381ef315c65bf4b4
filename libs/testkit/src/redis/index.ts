export { findRedisServer, startRedis, type TestRedis } from './redis-server.js';
