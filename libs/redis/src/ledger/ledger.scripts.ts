import type { Script } from '../connection/store.js';
import { ALIVE, QUOTA, TIME } from '../quota/lua.js';

/**
 * An entry is a hash: state, digest, owner, attempt, fence, outcome. KEYS of each script: entry, index, sizes.
 *
 * Does what `MemoryLedger` does, and is tested by the same contract.
 */

/** ARGV: '1' to take the key and '0' to look, digest, '1' if repeatable, attempt, owner, how lease keys begin, name, milliseconds to keep a claim, milliseconds to keep an end, most entries, most bytes. */
export const CLAIM: Script = {
  name: 'ledger-claim',
  source: `${ALIVE}${TIME}${QUOTA}
local take, digest, repeatable, attempt, owner, leases, name = unpack(ARGV, 1, 7)
local held = redis.call('HMGET', KEYS[1], 'state', 'digest', 'owner', 'attempt', 'fence', 'outcome')
if held[1] then
  if held[2] ~= digest then return { 'conflict' } end
  if held[1] == 'settled' then return { 'settled', held[6] } end
  if held[1] == 'unknown' then return { 'unknown' } end
  if alive(held[3], leases) then
    if take == '1' and held[3] == owner and held[4] == attempt then return { 'claimed', held[5] } end
    return { 'running' }
  end
  if repeatable ~= '1' then
    redis.call('HSET', KEYS[1], 'state', 'unknown')
    redis.call('PEXPIRE', KEYS[1], ARGV[9])
    keep(name, 0, tonumber(ARGV[9]))
    return { 'unknown' }
  end
end
if take ~= '1' then return { 'free' } end
if not alive(owner, leases) then return { 'leaseless' } end
if not room(ARGV[10], ARGV[11]) and not held[1] then return { 'full' } end
local fence = above(held[5])
redis.call('HSET', KEYS[1], 'state', 'running', 'digest', digest, 'owner', owner, 'attempt', attempt, 'fence', fence)
redis.call('PEXPIRE', KEYS[1], ARGV[8])
keep(name, 0, tonumber(ARGV[8]))
return { 'claimed', fence }`,
};

/** ARGV: fence, attempt, outcome, name, milliseconds to keep it. */
export const SETTLE: Script = {
  name: 'ledger-settle',
  source: `${TIME}${QUOTA}
local held = redis.call('HMGET', KEYS[1], 'state', 'fence', 'attempt')
if held[2] ~= ARGV[1] or held[3] ~= ARGV[2] or held[1] == 'unknown' then return 0 end
if held[1] == 'settled' then return 1 end
redis.call('HSET', KEYS[1], 'state', 'settled', 'outcome', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
keep(ARGV[4], #ARGV[3], tonumber(ARGV[5]))
return 1`,
};

/** ARGV: fence, attempt, name. */
export const RELEASE: Script = {
  name: 'ledger-release',
  source: `${TIME}${QUOTA}
local held = redis.call('HMGET', KEYS[1], 'state', 'fence', 'attempt')
if held[2] ~= ARGV[1] or held[3] ~= ARGV[2] or held[1] ~= 'running' then return 0 end
redis.call('DEL', KEYS[1])
let_go(ARGV[3])
return 1`,
};
