/**
 * Lua fragments that scripts begin with.
 *
 * `alive(owner, leases)`: whether a node, `<id>/<incarnation>`, holds its lease; `leases` is how lease keys begin.
 */
export const ALIVE = `local function alive(owner, leases)
  local node, life = string.match(owner, '^(.*)/(.*)$')
  return node and redis.call('GET', leases .. node) == life
end
`;

/**
 * `now`: Redis's time in microseconds. `above(fence)`: a fence that is higher than this one and than all that were given
 * before, also by a Redis that has lost its data since.
 */
export const TIME = `local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function above(fence)
  return string.format('%.0f', math.max(now, tonumber(fence or 0) + 1))
end
`;

/**
 * How much is kept of one kind, for all nodes: KEYS[2] is a sorted set of names by when they expire, KEYS[3] a hash of
 * their sizes with the sum at ''. Needs TIME.
 *
 * `room(most, bytes)` also lets go of what has expired, at most 200 a call so that no call is long.
 */
export const QUOTA = `local function let_go(name)
  local size = redis.call('HGET', KEYS[3], name)
  if not size then return end
  redis.call('HDEL', KEYS[3], name)
  redis.call('ZREM', KEYS[2], name)
  redis.call('HINCRBY', KEYS[3], '', string.format('%d', -size))
end
local function keep(name, size, ms)
  let_go(name)
  redis.call('HSET', KEYS[3], name, size)
  redis.call('HINCRBY', KEYS[3], '', size)
  redis.call('ZADD', KEYS[2], string.format('%.0f', now / 1000 + ms), name)
end
local function room(most, bytes)
  local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now / 1000), 'LIMIT', 0, 200)
  for _, name in ipairs(gone) do let_go(name) end
  return redis.call('ZCARD', KEYS[2]) < tonumber(most) and tonumber(redis.call('HGET', KEYS[3], '') or 0) < tonumber(bytes)
end
`;
