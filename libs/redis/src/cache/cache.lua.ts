import { EVERYTHING } from '@mcp-cluster/protocol';

/** How many decimal digits a version has wherever it is a part of a text: every number below 2^53 fits. */
export const VERSION_DIGITS = 16;

/** How many decimal digits say how long an entry's tags are. */
export const LENGTH_DIGITS = 6;
export const HEADER_BYTES = VERSION_DIGITS + LENGTH_DIGITS;

/** Members of the log that are no tags (those are hashes, and longer): the last version that was given, and its first. */
const HIGHEST = 'highest';
export const BIRTH = 'birth';
export const LOG_MARKS: ReadonlySet<string> = new Set([HIGHEST, BIRTH]);

/**
 * The log, KEYS[1]: one sorted set of tags by the version at which each was invalidated last. It is one key that every
 * call reads, so an eviction by use leaves it, and so that what it says is lost as a whole or not at all. A log that is
 * missing begins anew with `birth`: no entry from before is good, since nobody knows what was invalidated meanwhile.
 *
 * `now()`: Redis' time in microseconds.
 * `rise(least)`: the next version: that time, or one more than the last where its clock was set back, or than `least`.
 * `last(tag, ...)`: the version that an entry with these tags has to be born after; and the last invalidation that
 * concerns one of them, 0 for none. To be called before `rise`.
 */
export const LOG = `local highest = 0
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local function rise(least)
  highest = math.max(now(), highest + 1, least + 1)
  redis.call('ZADD', KEYS[1], string.format('%.0f', highest), '${HIGHEST}')
  return highest
end
local function last(...)
  local scores = redis.call('ZMSCORE', KEYS[1], '${HIGHEST}', '${BIRTH}', '${EVERYTHING}', ...)
  highest = tonumber(scores[1] or 0)
  local birth = tonumber(scores[2] or 0)
  if highest == 0 then
    birth = rise(0)
    redis.call('ZADD', KEYS[1], string.format('%.0f', birth), '${BIRTH}')
  end
  local known = 0
  for at = 3, select('#', ...) + 3 do
    if scores[at] then known = math.max(known, tonumber(scores[at])) end
  end
  return math.max(known, birth), known
end
`;

/**
 * An entry is one string: the version at which it was born, the length of its tags, its tags joined by line ends, its
 * bytes. So a script tells whether it is good without its bytes, which only plain commands carry. Needs LOG.
 *
 * `born(key, tags, bar)`: when the entry under a key was born, nil where there is no good one. `bar` is what `last` says
 * of `tags`, which are joined too: the entry's own, most likely.
 */
export const BORN = `local function born(key, tags, bar)
  local head = redis.call('GETRANGE', key, 0, ${HEADER_BYTES - 1} + #tags)
  local version = tonumber(string.sub(head, 1, ${VERSION_DIGITS}))
  local length = tonumber(string.sub(head, ${VERSION_DIGITS + 1}, ${HEADER_BYTES}))
  if not version or not length then return nil end
  if length ~= #tags or string.sub(head, ${HEADER_BYTES + 1}) ~= tags then
    local own = {}
    head = redis.call('GETRANGE', key, ${HEADER_BYTES}, ${HEADER_BYTES - 1} + length)
    for tag in string.gmatch(head, '[^\\n]+') do own[#own + 1] = tag end
    bar = last(unpack(own))
  end
  return version > bar and version or nil
end
`;

/**
 * Takes the entry that was written under a name of its own beside it, see WRITE. Needs LOG.
 *
 * `keep(key, written, born, untilMs, mostMs, tag, ...)`: whether the entry is kept, until that time or for so long.
 */
export const KEEP = `local function keep(key, written, born, untilMs, mostMs, ...)
  born = tonumber(born)
  local held = tonumber(redis.call('GETRANGE', key, 0, ${VERSION_DIGITS - 1})) or 0
  local ms = math.floor(math.min(tonumber(untilMs) - now() / 1000, tonumber(mostMs)))
  -- A Redis that is full has not written it, and one that evicts may have lost it.
  if born <= last(...) or held > born or ms < 1 or redis.call('EXISTS', written) == 0 then
    redis.call('DEL', written)
    return 0
  end
  -- A node without Redis gave it its version: whatever is invalidated from now on is to be higher.
  if born > highest then rise(born) end
  redis.call('RENAME', written, key)
  redis.call('PEXPIRE', key, ms)
  return 1
end
`;
