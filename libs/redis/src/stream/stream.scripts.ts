import type { Script } from '../connection/store.js';
import { ALIVE } from '../quota/lua.js';

/** KEYS: hash, Stream. ARGV: epoch, owner, milliseconds to keep it, a token of this claim. */
export const CLAIM: Script = {
  name: 'stream-claim',
  source: `local was = redis.call('HMGET', KEYS[1], 'epoch', 'answered', 'last', 'ends')
if was[1] ~= ARGV[1] or was[2] then return false end
local epoch, ends = tonumber(ARGV[1]) + 1, was[3]
if was[4] ~= '' then ends = was[4] .. ',' .. was[3] end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[2], 'ends', ends, 'claim', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return { epoch, was[3], ends }`,
};

/**
 * Takes a claim back whose answer was lost, if it was made: without a writer the stream would wait for a node that lives
 * and does not know of it. KEYS: hash. ARGV: owner, the claim's token.
 */
export const UNCLAIM: Script = {
  name: 'stream-unclaim',
  source: `local was = redis.call('HMGET', KEYS[1], 'owner', 'claim')
if was[1] == ARGV[1] and was[2] == ARGV[2] then return redis.call('HSET', KEYS[1], 'owner', '') end
return 0`,
};

/** KEYS: hash, Stream. ARGV: the first place that is asked for, how lease keys of nodes begin. */
export const READ: Script = {
  name: 'stream-read',
  source: `${ALIVE}local was = redis.call('HMGET', KEYS[1], 'epoch', 'ends', 'last', 'lost', 'answered', 'owner', 'id', 'request',
  'progressAt', 'progress', 'answer')
if not was[1] then return false end
return { was, alive(was[6], ARGV[2]) and 1 or 0, redis.call('XRANGE', KEYS[2], '0-' .. ARGV[1], '+') }`,
};

/** KEYS: hash, Stream. ARGV: epoch, owner. */
export const FORGET: Script = {
  name: 'stream-forget',
  source: `local was = redis.call('HMGET', KEYS[1], 'epoch', 'owner')
if was[1] ~= ARGV[1] or was[2] ~= ARGV[2] then return 0 end
return redis.call('UNLINK', KEYS[1], KEYS[2])`,
};

/** KEYS: hash and Stream of each. ARGV: owner, milliseconds to keep them. */
export const RENEW: Script = {
  name: 'stream-renew',
  source: `for i = 1, #KEYS, 2 do
  if redis.call('HGET', KEYS[i], 'owner') == ARGV[1] then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
    redis.call('PEXPIRE', KEYS[i + 1], ARGV[2])
  end
end
return #KEYS`,
};
