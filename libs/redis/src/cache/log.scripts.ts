import { EVERYTHING } from '@mcp-cluster/protocol';
import type { Script } from '../connection/store.js';
import { LOG } from './cache.lua.js';

/**
 * ARGV: a lower bound of the version, microseconds to keep an invalidation, most of them, tags. Returns the version.
 *
 * A Redis that is too full to note it loses the log instead: so the entries of this level are no longer good.
 *
 * What is dropped, the oldest first, becomes an invalidation of everything: nothing that is not known is taken for
 * good. At most 1,000 go at a time, so that no call is long; that is more than a call adds.
 */
export const INVALIDATE: Script = {
  name: 'cache-invalidate',
  source: `${LOG}
last()
local function note()
  local version = rise(tonumber(ARGV[1]))
  for at = 4, #ARGV do redis.call('ZADD', KEYS[1], string.format('%.0f', version), ARGV[at]) end
  return version
end
local noted, version = pcall(note)
if not noted then
  redis.call('DEL', KEYS[1])
  return redis.error_reply(version)
end
local old = redis.call('ZCOUNT', KEYS[1], '-inf', string.format('%.0f', version - tonumber(ARGV[2])))
local over = math.min(1000, math.max(old, redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[3])))
if over > 0 then
  local youngest = redis.call('ZRANGE', KEYS[1], over - 1, over - 1, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1)
  redis.call('ZADD', KEYS[1], 'GT', youngest, '${EVERYTHING}')
end
return version`,
};

/** ARGV: version, how many. A log that is missing begins with the question: who asks next hears of what came between. */
export const SINCE: Script = {
  name: 'cache-since',
  source: `${LOG}
last()
return redis.call('ZRANGE', KEYS[1], ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')`,
};
