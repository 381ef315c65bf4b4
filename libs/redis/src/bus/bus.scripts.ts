import type { Script } from '../connection/store.js';

/** Entries that the stream keeps: minutes of a busy cluster, more than an outage of which one node could catch up. */
export const HISTORY_ENTRIES = 10_000;

/** What the stream may hold in bytes: large events shorten the history instead of filling Redis. */
const HISTORY_BYTES = 64 * 1024 * 1024;

/** A cluster that is gone leaves nothing. Nodes that were silent for longer resync, which costs them little. */
const HISTORY_LIFE_MS = 3_600_000;

/**
 * Both scripts give the stream a birth mark if it has none: never the same twice. A stream with another one is not the
 * stream that a reader knew: Redis came back empty, and what was not read is lost. A Redis that is full or read-only
 * takes no mark, and can be read nonetheless.
 */
const BORN = `local time = redis.call('TIME')
redis.pcall('SET', KEYS[2], ARGV[1] .. time[1] .. '.' .. time[2], 'NX')
redis.pcall('PEXPIRE', KEYS[2], ${String(HISTORY_LIFE_MS)})
redis.pcall('PEXPIRE', KEYS[1], ${String(HISTORY_LIFE_MS)})`;

/** KEYS: stream, birth. ARGV: the sender, then number and JSON of each event. */
export const APPEND_EVENTS: Script = {
  name: 'bus-append',
  source: `for i = 2, #ARGV, 2 do
  local keep = math.max(1, math.min(${String(HISTORY_ENTRIES)}, math.floor(${String(HISTORY_BYTES)} / #ARGV[i + 1])))
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', keep, '*', 's', ARGV[1], 'n', ARGV[i], 'e', ARGV[i + 1])
end
${BORN}
return 1`,
};

/**
 * KEYS: stream, birth. ARGV: this process' name as a sender. Returns the birth mark or '', the last id ever given, and
 * the id since which everything is kept: '' for a stream from which nothing was trimmed yet.
 */
export const STREAM_POSITION: Script = {
  name: 'bus-position',
  source: `${BORN}
local birth = redis.call('GET', KEYS[2]) or ''
if redis.call('EXISTS', KEYS[1]) == 0 then return { birth, '0-0', '' } end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local is = {}
for i = 1, #info, 2 do is[info[i]] = info[i + 1] end
local first = is['first-entry']
local whole = is['entries-added'] == is['length']
return { birth, is['last-generated-id'], (whole or not first) and '' or first[1] }`,
};
