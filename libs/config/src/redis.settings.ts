import { z } from 'zod';
import { redisPrefix, redisUrl } from './kinds.js';
import { openSetting, setting } from './setting.js';

/** What `--redis` says besides a URL: no store, also where one could be started. */
export const NO_REDIS = 'none';

/** @param otherwise what happens when neither a URL nor `none` is given, in words */
export function redisSettings(otherwise: string) {
  return z.object({
    url: openSetting(redisUrl, {
      flag: '--redis',
      env: 'REDIS_URL',
      secret: true,
      otherwise,
      meaning:
        'Redis for the state that nodes share, or none. The variable keeps a password out of the process list. It must not evict (noeviction).',
    }),
    prefix: setting(redisPrefix, {
      flag: '--redis-prefix',
      env: 'REDIS_PREFIX',
      default: 'mcp:',
      meaning:
        'How every key in Redis begins. Clusters that share a Redis have different ones; all of a cluster the same.',
    }),
  });
}
