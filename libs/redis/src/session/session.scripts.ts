import type { Script } from '../connection/store.js';

/**
 * One hash a session: `seen` (Redis time in milliseconds of the last note), `level`, `ended`, and a field for each
 * subscription: `+` and its URI. A field each, because a subscription is then added without reading the others, and the
 * few of most sessions stay in one packed block. `count` and `bytes` are those of the subscriptions.
 */

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS: the session. ARGV: milliseconds it may be idle. Nothing, or whether it has ended, its level and its fields. */
export const LOAD_SESSION: Script = {
  name: 'session-load',
  source: `${NOW}local seen = redis.call('HGET', KEYS[1], 'seen')
if not seen then return false end
if now - seen > tonumber(ARGV[1]) or redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return { 1 } end
return { 0, redis.call('HGETALL', KEYS[1]) }`,
};

/** KEYS: the session. ARGV: milliseconds of its life, level. */
export const SET_LEVEL: Script = {
  name: 'session-level',
  source: `${NOW}if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'seen', now, 'level', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
};

/** KEYS: the session. ARGV: milliseconds of its life, URI, the most subscriptions, the most bytes of them. */
export const SUBSCRIBE: Script = {
  name: 'session-subscribe',
  source: `${NOW}if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 'ok' end
local field = '+' .. ARGV[2]
if redis.call('HEXISTS', KEYS[1], field) == 0 then
  local sizes = redis.call('HMGET', KEYS[1], 'count', 'bytes')
  if tonumber(sizes[1] or 0) >= tonumber(ARGV[3]) then return 'many' end
  if tonumber(sizes[2] or 0) + #ARGV[2] > tonumber(ARGV[4]) then return 'large' end
  redis.call('HSET', KEYS[1], field, '')
  redis.call('HINCRBY', KEYS[1], 'count', 1)
  redis.call('HINCRBY', KEYS[1], 'bytes', #ARGV[2])
end
redis.call('HSET', KEYS[1], 'seen', now)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'ok'`,
};

/** KEYS: the session. ARGV: milliseconds of its life, URI. */
export const UNSUBSCRIBE: Script = {
  name: 'session-unsubscribe',
  source: `${NOW}if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 0 end
if redis.call('HDEL', KEYS[1], '+' .. ARGV[2]) == 1 then
  redis.call('HINCRBY', KEYS[1], 'count', -1)
  redis.call('HINCRBY', KEYS[1], 'bytes', -#ARGV[2])
end
redis.call('HSET', KEYS[1], 'seen', now)
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
};

/** KEYS: the session. ARGV: milliseconds of its life. What it held is gone; that it ended is known while its id opens. */
export const END_SESSION: Script = {
  name: 'session-end',
  source: `${NOW}redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'seen', now, 'ended', 1)
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
};

/** KEYS: sessions. ARGV: milliseconds of the life of each. One that has ended stays ended: nothing removes that. */
export const TOUCH_SESSIONS: Script = {
  name: 'session-touch',
  source: `${NOW}for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'seen', now)
  redis.call('PEXPIRE', key, ARGV[i])
end
return #KEYS`,
};
