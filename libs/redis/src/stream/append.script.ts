import { FILL_AFTER_TRIM } from '@mcp-cluster/protocol';
import type { Script } from '../connection/store.js';

/**
 * A stream is a hash and, as soon as it has other events than progress and an answer, a Redis Stream with entries
 * `0-<seq> <kind> <message>`. The latest progress is a field of the hash: it replaces the one before without leaving a
 * hole in the Stream, whose memory Redis would free only block by block. So is the answer of a call: most calls need no
 * Stream then, and one of a single entry takes 4 KiB. The session's id is in neither: its mark is in the key.
 *
 * Does what `stream-append.policy.ts` does, and is tested against it.
 *
 * KEYS: hash, Stream. ARGV: epoch, owner, after, lostUpTo, '1' for a call and '0' for a batch, milliseconds to keep it,
 * most events, most bytes of them, most bytes of answers, ends of the epochs before ('5,9', '' for none, '?' when not
 * known), '1' with a request, request, request id as JSON; then three for each event: seq, kind, message.
 */
export const APPEND: Script = {
  name: 'stream-append',
  source: `local meta, log = KEYS[1], KEYS[2]
local epoch, owner, after, told = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local isCall, maxEvents, maxBytes, maxAnswers = ARGV[5] == '1', tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local FIRST = 14
local function text(number) return string.format('%.0f', number) end

local was = redis.call('HMGET', meta, 'epoch', 'owner', 'last', 'lost', 'answered', 'events', 'bytes', 'answers', 'ends')
local before = tonumber(was[1] or 0)
if before == epoch then
  if was[2] ~= owner then return 'fenced' end
elseif before > epoch or was[5] then return 'fenced' end
if before < epoch and after > 0 then return 'behind' end

local last, lost, answered = tonumber(was[3] or 0), tonumber(was[4] or 0), was[5]
local events, bytes, answers = tonumber(was[6] or 0), tonumber(was[7] or 0), tonumber(was[8] or 0)
local ends, begun, cut, claimedAt, wipe = was[9] or '', before < epoch, nil, 0, false
if begun then
  local first = tonumber(ARGV[FIRST])
  if ARGV[10] == '?' then
    local known, all = {}, {}
    for place in string.gmatch(ends, '%d+') do known[#known + 1] = place end
    for i = 1, epoch - 1 do all[i] = known[i] or '0' end
    ends = table.concat(all, ',')
    if first then lost = first - 1 else lost = last end
    last, wipe = 0, true
  else
    ends = ARGV[10]
    claimedAt = tonumber(string.match(ends, '%d+$') or 0)
    local firstEnd = tonumber(string.match(ends, '^%d+') or 0)
    if before > 1 then
      last, lost, wipe = 0, 0, true
    elseif last > firstEnd then
      last, cut = firstEnd, firstEnd
    end
    if lost > last then lost = last end
    local unknown = claimedAt
    if first and first - 1 < unknown then unknown = first - 1 end
    if unknown > last and unknown > lost then lost = unknown end
  end
end
if last < after then return 'behind' end

if wipe or cut then events, bytes, answers = 0, 0, 0 end
local start, fresh, room = last, FIRST, maxAnswers - answers
while ARGV[fresh] and tonumber(ARGV[fresh]) <= start do fresh = fresh + 3 end
if answered and isCall and ARGV[fresh] then return 'fenced' end
for i = fresh, #ARGV, 3 do
  if ARGV[i + 1] == 'r' then
    if isCall and ARGV[i + 3] then return 'fenced' end
    room = room - #ARGV[i + 2]
  end
end
if room < 0 then return 'large' end

if wipe then
  redis.call('DEL', meta, log)
elseif cut then
  local kept = redis.call('XRANGE', log, '-', '0-' .. text(cut))
  redis.call('DEL', log)
  for _, entry in ipairs(kept) do
    redis.call('XADD', log, entry[1], entry[2][1], entry[2][2])
    if entry[2][1] == 'r' then answers = answers + #entry[2][2]
    else events, bytes = events + 1, bytes + #entry[2][2] end
  end
  if tonumber(redis.call('HGET', meta, 'progressAt') or 0) > cut then redis.call('HDEL', meta, 'progressAt', 'progress') end
end

local progress
for i = fresh, #ARGV, 3 do
  local kind, message = ARGV[i + 1], ARGV[i + 2]
  last = tonumber(ARGV[i])
  if kind == 'p' then progress = i
  else
    if kind == 'r' and isCall then
      answered = true
      redis.call('HSET', meta, 'answered', ARGV[i], 'answer', message)
    else
      redis.call('XADD', log, '0-' .. ARGV[i], kind, message)
    end
    if kind == 'r' then answers = answers + #message
    else events, bytes = events + 1, bytes + #message end
  end
end
if told > start and told > lost then lost = told end

if events > maxEvents or bytes > maxBytes then
  local fewEvents, fewBytes, from, page = maxEvents * ${FILL_AFTER_TRIM}, maxBytes * ${FILL_AFTER_TRIM}, '-', nil
  repeat
    page = redis.call('XRANGE', log, from, '+', 'COUNT', 128)
    for _, entry in ipairs(page) do
      local kind = entry[2][1]
      from = '(' .. entry[1]
      if events == 1 or (events <= fewEvents and bytes <= fewBytes) then page = {} break end
      if kind ~= 'r' then
        redis.call('XDEL', log, entry[1])
        events, bytes = events - 1, bytes - #entry[2][2]
        local seq = tonumber(string.sub(entry[1], 3))
        if kind ~= 'l' and seq > lost then lost = seq end
      end
    end
  until #page == 0
end

last = math.max(last, lost, claimedAt)
redis.call('HSET', meta, 'last', text(last))
if lost > 0 or was[4] then redis.call('HSET', meta, 'lost', text(lost)) end
if events > 0 or was[6] then redis.call('HSET', meta, 'events', events, 'bytes', bytes) end
if answers > 0 or was[8] then redis.call('HSET', meta, 'answers', answers) end
if progress then redis.call('HSET', meta, 'progressAt', ARGV[progress], 'progress', ARGV[progress + 2]) end
if begun then redis.call('HSET', meta, 'epoch', epoch, 'owner', owner, 'ends', ends, 'id', ARGV[13]) end
if begun and ARGV[11] == '1' then redis.call('HSET', meta, 'request', ARGV[12]) end
-- A request that was answered, or that its new writer will not have run again.
if answered or (begun and ARGV[11] == '0') then redis.call('HDEL', meta, 'request') end
redis.call('PEXPIRE', meta, ARGV[6])
redis.call('PEXPIRE', log, ARGV[6])
return 'kept'`,
};
