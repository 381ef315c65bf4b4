import type { Command, Script } from '../connection/store.js';
import { BORN, KEEP, LOG } from './cache.lua.js';

/** KEYS: entry. */
export const READ: Command = { name: 'cache-read', command: 'GET' };

/** KEYS: entries. What is no string is read as nothing. */
export const READ_MANY: Command = { name: 'cache-read-many', command: 'MGET' };

/** KEYS: a name of its own. ARGV: the entry, 'PX', milliseconds to keep it under that name. */
export const WRITE: Command = { name: 'cache-write', command: 'SET' };

/**
 * KEYS: log, entries. ARGV: most bytes. Says of each entry when it was born, 0 where there is no good one. It ends
 * before the entries are larger together, but looks at one in any case.
 */
export const LOOK: Script = {
  name: 'cache-look',
  source: `${LOG}${BORN}
local bar = last()
local found, bytes = {}, 0
for at = 2, #KEYS do
  -- What is no string is not ours, and no reason to find none of the others.
  local done, there = pcall(born, KEYS[at], '', bar)
  if not done or not there then there = 0 end
  if there > 0 then bytes = bytes + redis.call('STRLEN', KEYS[at]) end
  if at > 2 and bytes > tonumber(ARGV[1]) then break end
  found[#found + 1] = there
end
return found`,
};

/** KEYS: log, entry, as what it was written. ARGV: born, until when, most milliseconds, tags. */
export const SET: Script = {
  name: 'cache-set',
  source: `${LOG}${KEEP}
return keep(KEYS[2], KEYS[3], unpack(ARGV))`,
};

/** KEYS: entry. Somebody else's data, which is no string, is an error. */
export const DELETE: Script = {
  name: 'cache-delete',
  source: `redis.call('STRLEN', KEYS[1])
return redis.call('DEL', KEYS[1])`,
};

/**
 * ARGV: how the keys of entries begin, how many keys to look at. Returns entries and bytes.
 *
 * Redis scans in the order of hashes, so the first thousand keys are a sample of all by chance: exact for a small
 * Redis, within some percent for a large one, also for one that others use and one that evicts. Counters of our own
 * would not hear of what expires and is evicted.
 */
export const SIZE: Script = {
  name: 'cache-size',
  source: `local reply = redis.call('SCAN', 0, 'COUNT', ARGV[2])
local entries, bytes = 0, 0
for _, key in ipairs(reply[2]) do
  if string.sub(key, 1, #ARGV[1]) == ARGV[1] then
    local size = redis.pcall('STRLEN', key)
    if type(size) == 'number' then
      entries = entries + 1
      bytes = bytes + size
    end
  end
end
local share = 1
if reply[1] ~= '0' and #reply[2] > 0 then share = redis.call('DBSIZE') / #reply[2] end
return { math.floor(entries * share + 0.5), math.floor(bytes * share + 0.5) }`,
};
