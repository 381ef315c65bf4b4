import type { Script } from '../connection/store.js';

/**
 * A node's lease is the key `node:<id>` with the incarnation as its value, so that a script that knows an owner,
 * `<id>/<incarnation>`, asks by `GET`. What the node says of itself is a field of one hash: the incarnation, a line
 * break, JSON. So nodes are listed without a search through all keys.
 */
const SPLIT = `local function life_of(entry) return entry and string.match(entry, '^(.-)\\n') end
`;

/** Lets go of nodes whose leases have ended. Few: each one that comes and each look at the list does it. */
const SWEEP = `${SPLIT}local function living(nodes, leases)
  local all, list = redis.call('HGETALL', nodes), {}
  for i = 1, #all, 2 do
    if redis.call('GET', leases .. all[i]) == life_of(all[i + 1]) then list[#list + 1] = string.match(all[i + 1], '\\n(.*)$')
    else redis.pcall('HDEL', nodes, all[i]) end
  end
  return list
end
`;

/**
 * KEYS: lease, nodes. ARGV: how lease keys begin, id, incarnation, JSON, milliseconds, '1' at the start of a life.
 * A new life of a node takes the lease of the one before; an old one that wakes up does not take it back.
 * A full Redis refuses SET and not PEXPIRE: leases that are held go on. Returns 'renewed', 'taken' when it was not held, or 'superseded'.
 */
export const HOLD_LEASE: Script = {
  name: 'lease-hold',
  source: `${SWEEP}local was = redis.call('GET', KEYS[1])
if was and was ~= ARGV[3] and ARGV[6] ~= '1' then return 'superseded' end
if was ~= ARGV[3] then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[5]) else redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
if was == ARGV[3] and life_of(redis.call('HGET', KEYS[2], ARGV[2])) == was then return 'renewed' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. '\\n' .. ARGV[4])
living(KEYS[2], ARGV[1])
return 'taken'`,
};

/** KEYS: lease, nodes. ARGV: id, incarnation, or '' for whichever is registered. */
export const END_LEASE: Script = {
  name: 'lease-end',
  source: `${SPLIT}local registered = life_of(redis.call('HGET', KEYS[2], ARGV[1]))
local life = ARGV[2] == '' and registered or ARGV[2]
if registered == life then redis.call('HDEL', KEYS[2], ARGV[1]) end
if redis.call('GET', KEYS[1]) ~= life then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/** KEYS: nodes. ARGV: how lease keys begin. Returns the JSON of each node that holds its lease. */
export const LIST_LEASES: Script = {
  name: 'lease-list',
  source: `${SWEEP}return living(KEYS[1], ARGV[1])`,
};

/**
 * KEYS: leader, token. ARGV: holder, milliseconds. Returns the token of the term, or '' while another one leads. A token
 * is Redis' time in microseconds, or one more than the last: a Redis that lost its data gives none again.
 */
export const LEAD: Script = {
  name: 'leader-hold',
  source: `local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return '' end
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.call('GET', KEYS[2]) or ''
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
local token = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), tonumber(redis.call('GET', KEYS[2]) or 0) + 1)
redis.call('SET', KEYS[2], string.format('%.0f', token))
return redis.call('GET', KEYS[2])`,
};

/** KEYS: leader. ARGV: holder. */
export const ABDICATE: Script = {
  name: 'leader-end',
  source: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/**
 * KEYS: value, token of the newest term. ARGV: token, JSON. The newest term counts from its beginning, not from its
 * first write; 0 is nobody's, and only starts an empty register.
 */
export const WRITE_FENCED: Script = {
  name: 'fenced-write',
  source: `local token, was = tonumber(ARGV[1]), redis.call('HGET', KEYS[1], 'token')
if was and tonumber(was) > token then return 0 end
if token ~= 0 and tonumber(redis.call('GET', KEYS[2]) or 0) > token then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'json', ARGV[2])
return 1`,
};

/** KEYS: value. */
export const READ_FENCED: Script = {
  name: 'fenced-read',
  source: `return redis.call('HMGET', KEYS[1], 'token', 'json')`,
};
