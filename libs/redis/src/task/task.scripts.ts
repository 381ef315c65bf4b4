import type { Script } from '../connection/store.js';
import { ALIVE, QUOTA, TIME } from '../quota/lua.js';

/**
 * A task is a hash: state (JSON without the result), status, result, origin (JSON, until it ends), owner, fence, runs.
 * Tasks that have not ended are also in a set of their owner's, and their owners in one set: so those of a lost node are
 * found without looking at all tasks. A set may name a task that has gone since, or that another node took: the hash
 * decides. First KEYS of each script: task, index, sizes; then owners and the set of this owner.
 */
const ENDED = `local function ended(status) return status == 'completed' or status == 'failed' or status == 'cancelled' end
local function forget(owners, set, owner, id)
  redis.call('SREM', set, id)
  if redis.call('EXISTS', set) == 0 then redis.call('SREM', owners, owner) end
end
`;

/** ARGV: id, owner, how lease keys begin, fence or '', state, status, result or '', origin, milliseconds to keep it, most tasks, most bytes. */
export const CREATE: Script = {
  name: 'task-create',
  source: `${ALIVE}${TIME}${QUOTA}${ENDED}
local id, owner, leases, fence, state, status, result, origin, ms = unpack(ARGV, 1, 9)
if not alive(owner, leases) then return 'leaseless' end
local was = redis.call('HGET', KEYS[1], 'fence')
if was and fence ~= '' and tonumber(was) > tonumber(fence) then return was end
if not room(ARGV[10], ARGV[11]) and fence == '' then return 'full' end
if fence == '' then fence = above(was) end
redis.call('HSET', KEYS[1], 'state', state, 'status', status, 'result', result, 'origin', origin, 'owner', owner, 'fence', fence)
redis.call('HSETNX', KEYS[1], 'runs', 1)
redis.call('PEXPIRE', KEYS[1], ms)
keep(id, #state + #result + #origin, tonumber(ms))
if not ended(status) then
  redis.call('SADD', KEYS[5], id)
  redis.call('SADD', KEYS[4], owner)
end
return fence`,
};

/** ARGV: id, owner, fence, state, status, result or '', milliseconds to keep it. */
export const PUT: Script = {
  name: 'task-put',
  source: `${TIME}${QUOTA}${ENDED}
local id, owner, fence, state, status, result, ms = unpack(ARGV, 1, 7)
local was = redis.call('HMGET', KEYS[1], 'fence', 'status', 'owner', 'origin')
if not was[1] then return 'lost' end
if tonumber(was[1]) > tonumber(fence) or (was[1] == fence and was[3] ~= owner) then return 'fenced' end
if ended(was[2]) then return 'kept' end
redis.call('HSET', KEYS[1], 'state', state, 'status', status, 'result', result, 'owner', owner, 'fence', fence)
redis.call('PEXPIRE', KEYS[1], ms)
if ended(status) then
  redis.call('HDEL', KEYS[1], 'origin')
  keep(id, #state + #result, tonumber(ms))
  forget(KEYS[4], KEYS[5], owner, id)
else
  keep(id, #state + #(was[4] or ''), tonumber(ms))
  redis.call('SADD', KEYS[5], id)
  redis.call('SADD', KEYS[4], owner)
end
return 'kept'`,
};

/** KEYS: task. */
export const GET: Script = { name: 'task-get', source: `return redis.call('HMGET', KEYS[1], 'state', 'result')` };

/** ARGV: id, owner. */
export const DELETE: Script = {
  name: 'task-delete',
  source: `${TIME}${QUOTA}${ENDED}
let_go(ARGV[1])
forget(KEYS[4], KEYS[5], ARGV[2], ARGV[1])
return redis.call('DEL', KEYS[1])`,
};

/**
 * KEYS: owners. ARGV: owner, how lease keys begin, how keys of tasks begin, how keys of owners' sets begin, most to take,
 * then the ids that this node knows.
 */
export const TAKE_ORPHANS: Script = {
  name: 'task-orphans',
  source: `${ALIVE}${TIME}${ENDED}
local me, leases, tasks, sets, most = unpack(ARGV, 1, 5)
local known, taken = {}, {}
if not alive(me, leases) then return taken end
for i = 6, #ARGV do known[ARGV[i]] = true end
local function take(owner, id)
  local was = redis.call('HMGET', tasks .. id, 'state', 'origin', 'owner', 'fence', 'status')
  if was[3] ~= owner or not was[2] or ended(was[5]) then return false end
  local fence, runs = above(was[4]), redis.call('HINCRBY', tasks .. id, 'runs', 1)
  redis.call('HSET', tasks .. id, 'owner', me, 'fence', fence)
  redis.call('SADD', sets .. me, id)
  redis.call('SADD', KEYS[1], me)
  known[id] = true
  taken[#taken + 1] = { was[1], was[2], fence, runs }
  return true
end
for _, owner in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local left = tonumber(most) - #taken
  if left <= 0 then break end
  if owner == me then
    for _, id in ipairs(redis.call('SMEMBERS', sets .. me)) do
      if left <= 0 then break end
      if not known[id] then
        if take(me, id) then left = left - 1 else forget(KEYS[1], sets .. me, me, id) end
      end
    end
  elseif not alive(owner, leases) then
    local ids = redis.call('SRANDMEMBER', sets .. owner, left)
    if #ids == 0 then redis.call('SREM', KEYS[1], owner) end
    for _, id in ipairs(ids) do
      take(owner, id)
      forget(KEYS[1], sets .. owner, owner, id)
    end
  end
end
return taken`,
};

/** KEYS: tasks. ARGV: their fences. Answers for each: 'held', 'taken' or 'missing'. */
export const CHECK: Script = {
  name: 'task-check',
  source: `local found = {}
for i, key in ipairs(KEYS) do
  local fence = redis.call('HGET', key, 'fence')
  if not fence then found[i] = 'missing'
  elseif tonumber(fence) > tonumber(ARGV[i]) then found[i] = 'taken'
  else found[i] = 'held' end
end
return found`,
};
