import { z } from 'zod';
import { choice, integer, onOff, redisUrl, text } from './kinds.js';
import { NO_REDIS } from './redis.settings.js';
import { openSetting, setting } from './setting.js';

/** The largest entry that the second level takes (P06); also what a level has to hold at the least. */
const LARGEST_ENTRY = 1_048_576;
const GIB = 1_073_741_824;

const redis = openSetting(redisUrl, {
  flag: '--cache-redis',
  env: 'CACHE_REDIS_URL',
  secret: true,
  otherwise: 'as --redis',
  meaning:
    'Redis that nodes share the cache in, or none: no shared level. The variable keeps a password out of the process list. It may evict (allkeys-lru).',
});

/** The cache of a node: its memory, a Redis that all nodes share, and a folder of its own. */
export const nodeCacheSettings = z.object({
  enabled: setting(onOff, {
    flag: '--cache',
    env: 'CACHE',
    default: true,
    meaning: 'Keep the results of tools and the contents of resources that say for how long they are good.',
  }),
  redisUrl: redis,
  entries: setting(
    integer({ min: 1, max: 1_000_000, unit: 'entries', because: 'a million small ones take a gigabyte of memory' }),
    {
      flag: '--cache-entries',
      env: 'CACHE_ENTRIES',
      default: 1_000,
      meaning: 'Entries that this process keeps in memory (P06).',
    },
  ),
  bytes: setting(
    integer({
      min: LARGEST_ENTRY,
      max: GIB,
      unit: 'bytes',
      because: 'one entry may have 1 MB, and all are in the heap',
    }),
    {
      flag: '--cache-bytes',
      env: 'CACHE_BYTES',
      default: 67_108_864,
      meaning: 'Bytes that those entries may take, estimated.',
    },
  ),
  dir: openSetting(text('directory'), {
    flag: '--cache-dir',
    env: 'CACHE_DIR',
    otherwise: 'no level on disk',
    meaning:
      'Folder that resources and computed results are kept in over a restart (P06). This process must be the only one that uses it.',
  }),
  diskBytes: setting(
    integer({
      min: 16 * LARGEST_ENTRY,
      max: 100 * GIB,
      unit: 'bytes',
      because: 'it has to hold some of the largest entries, and what it holds is looked through at a start',
    }),
    {
      flag: '--cache-disk-bytes',
      env: 'CACHE_DISK_BYTES',
      default: GIB,
      meaning: 'Bytes that may be kept in that folder.',
    },
  ),
  prefetch: setting(onOff, {
    flag: '--cache-prefetch',
    env: 'CACHE_PREFETCH',
    default: true,
    meaning: 'Load what is probably asked for next before it is (P07).',
  }),
  warmMs: setting(integer({ min: 0, max: 60_000, unit: 'ms', because: 'a node that starts is not ready meanwhile' }), {
    flag: '--cache-warm-ms',
    env: 'CACHE_WARM_MS',
    default: 2_000,
    meaning: 'How long a node that starts may take to fetch what the others use most. 0: it starts empty.',
  }),
});

/** What the manager passes on to the nodes that it starts; all other settings of the cache they inherit as variables. */
export const managerCacheSettings = z.object({
  redisUrl: redis,
  dir: openSetting(text('directory'), {
    flag: '--cache-dir',
    env: 'CACHE_DIR',
    otherwise: 'no level on disk',
    meaning: 'Folder in which each started node keeps its cache over a restart, in a folder of its id (processes).',
  }),
});

/** How the manager chooses a node for a call whose result is kept. */
export const routing = setting(choice(['cache-aware', 'balanced']), {
  flag: '--routing',
  env: 'ROUTING',
  default: 'cache-aware',
  meaning:
    'How calls whose results are kept find a node: equal ones go to one node while it has no more than its share, or all are balanced alike.',
});

type NodeCache = z.output<typeof nodeCacheSettings>;

/** `redisUrl` is there when there is a shared level, `none` reads as none. */
export function resolveCache(cache: NodeCache, redisOfState: string | undefined): NodeCache {
  const { redisUrl: own, ...rest } = cache;
  const url = own ?? redisOfState;
  return url === undefined || url === NO_REDIS ? rest : { ...rest, redisUrl: url };
}
