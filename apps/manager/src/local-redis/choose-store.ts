import { NO_REDIS, type Environment, type ManagerConfig } from '@mcp-cluster/config';
import { asError } from '@mcp-cluster/kernel';
import { findRedisServer } from './find-redis-server.js';
import { LocalRedis, type LocalRedisParts } from './local-redis.js';

/** Which store this cluster has. */
export interface ChosenStore {
  /** Of Redis, with its password; undefined where the state stays in the processes. */
  readonly url: string | undefined;
  /** The same for people, without the password and with the reason. */
  readonly told: string;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}

/**
 * The configured Redis; without one, where the nodes are processes of this machine, a redis-server of our own; else
 * none. Never fails: a cluster without a store still answers every call.
 * @param start replaced in tests
 */
export async function chooseStore(
  config: Pick<ManagerConfig, 'redis' | 'nodes'>,
  env: Environment,
  parts: Omit<LocalRedisParts, 'server'>,
  start: typeof LocalRedis.start = (all) => LocalRedis.start(all),
): Promise<ChosenStore> {
  const { url } = config.redis;
  if (url === NO_REDIS) return none('--redis none');
  if (url !== undefined) return { url, told: withoutPassword(url), stop: () => Promise.resolve() };
  if (config.nodes.discovery !== 'processes') return none('--redis is not given');
  const server = await findRedisServer(env.PATH);
  if (server === undefined) return none('no redis-server on the PATH, and --redis is not given');
  try {
    const local = await start({ ...parts, server });
    return {
      url: local.url,
      told: `redis://127.0.0.1:${String(local.port)} (started here, no persistence)`,
      stop: () => local.stop(),
    };
  } catch (thrown) {
    parts.log.warn({ err: asError(thrown), server }, 'no redis-server: state stays in the processes');
    return none('redis-server did not start, see the log');
  }
}

function none(why: string): ChosenStore {
  return { url: undefined, told: `none: state stays in the processes (${why})`, stop: () => Promise.resolve() };
}

/** Where it is, without who we are there. */
function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
