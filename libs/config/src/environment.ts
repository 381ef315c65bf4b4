import { join } from 'node:path';
import type { ManagerConfig } from './manager.config.js';
import { NO_REDIS } from './redis.settings.js';
import type { Environment } from './read.js';

/** What this process was started with. The only place that names `process.env`. */
export function currentEnvironment(): { argv: string[]; env: Environment } {
  return { argv: process.argv.slice(2), env: process.env };
}

/**
 * The environment of a node process that the manager starts: its own, but with what the two must agree on said
 * explicitly, and without what would make them collide (the manager's ports and id).
 * @param key the cluster's key, which the manager made when none was configured
 * @param nodeId names the node in the cluster
 * @param redisUrl the store of the cluster, which may be one that the manager started itself; undefined: none
 */
export function nodeEnvironment(
  config: Pick<ManagerConfig, 'nodes' | 'mcp' | 'redis' | 'cache' | 'drain' | 'log'>,
  env: Environment,
  { key, nodeId, redisUrl }: { key: string; nodeId: string; redisUrl?: string | undefined },
): Record<string, string> {
  const inherited = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    CLUSTER_KEY: key,
    NODE_ID: nodeId,
    // Only the manager talks to them, over loopback, on ports that they choose and report.
    MCP_HOST: '127.0.0.1',
    MCP_PORT: '0',
    MANAGEMENT_HOST: '127.0.0.1',
    MANAGEMENT_PORT: '0',
    // They register where they listen; a container's address is not theirs.
    MCP_ADVERTISE: '',
    // Here and never in their arguments, which every user of the machine can read. Said also when there is none:
    // the manager may have been told so by a flag.
    REDIS_URL: redisUrl ?? NO_REDIS,
    REDIS_PREFIX: config.redis.prefix,
    // Unset they share the cache where they share their state.
    ...(config.cache.redisUrl === undefined ? {} : { CACHE_REDIS_URL: config.cache.redisUrl }),
    // No two processes write into one folder. A node that takes the place of another takes its id and its folder.
    ...(config.cache.dir === undefined ? {} : { CACHE_DIR: join(config.cache.dir, nodeId) }),
    MCP_FIXTURES: String(config.nodes.fixtures),
    // The manager has checked the client's Host and Origin; its own calls come with a loopback Host.
    ALLOWED_HOSTS: [...new Set([...config.mcp.allowedHosts, '127.0.0.1', 'localhost'])].join(','),
    ALLOWED_ORIGINS: config.mcp.allowedOrigins.join(','),
    // The manager has already waited before it stops its nodes.
    DRAIN_DELAY_MS: '0',
    DRAIN_TIMEOUT_MS: String(config.drain.timeoutMs),
    LOG_LEVEL: config.log.level,
  };
}
