import type { Script } from '../connection/store.js';
import { BORN, KEEP, LOG, VERSION_DIGITS } from './cache.lua.js';

/**
 * A claim is a string with a lease: '1' if somebody waits for it and '0' if not, its version, its owner. KEYS of each
 * script: log, entry, claim.
 */
const CLAIM = `local function claimed()
  local claim = redis.call('GET', KEYS[3])
  if not claim then return nil end
  return tonumber(string.sub(claim, 2, ${VERSION_DIGITS + 1})), string.sub(claim, ${VERSION_DIGITS + 2}), string.sub(claim, 1, 1)
end
`;

/** Up to this size a script returns an entry itself: its copies cost Redis less than a second command costs everybody. */
const SMALL_BYTES = 8_192;

/**
 * ARGV: owner, milliseconds of the lease, tags joined, tags. Returns with the state the last invalidation, and when the
 * entry was born or what version the claim has; and a small entry whole. A claim from before an invalidation holds
 * nobody: what it brings cannot be kept. Who waits for it is told by its successor.
 */
export const FETCH: Script = {
  name: 'cache-fetch',
  source: `${LOG}${BORN}${CLAIM}
local bar, known = last(unpack(ARGV, 4))
local there = born(KEYS[2], ARGV[3], bar)
if there then
  local small = redis.call('STRLEN', KEYS[2]) <= ${SMALL_BYTES}
  return { 'hit', known, there, small and redis.call('GET', KEYS[2]) }
end
local version, holder, awaited = claimed()
if version and version > bar then
  if holder == ARGV[1] then
    redis.call('PEXPIRE', KEYS[3], ARGV[2])
    return { 'claimed', known, version }
  end
  if awaited == '0' then redis.call('SETRANGE', KEYS[3], 0, '1') end
  return { 'taken', known }
end
version = rise(0)
local claim = (awaited == '1' and '1' or '0') .. string.format('%0${VERSION_DIGITS}.0f', version) .. ARGV[1]
redis.call('SET', KEYS[3], claim, 'PX', ARGV[2])
return { 'claimed', known, version }`,
};

/** ARGV: owner, milliseconds of the lease, version. */
export const RENEW: Script = {
  name: 'cache-renew',
  source: `${CLAIM}
local version, holder = claimed()
if holder ~= ARGV[1] or version ~= tonumber(ARGV[3]) then return 0 end
return redis.call('PEXPIRE', KEYS[3], ARGV[2])`,
};

/**
 * KEYS[4], where there is an entry: as what it was written. ARGV: owner, version; and of an entry: born, until when, most
 * milliseconds, tags. The claim ends whatever becomes of the entry.
 */
export const SETTLE: Script = {
  name: 'cache-settle',
  source: `${LOG}${KEEP}${CLAIM}
local version, holder, awaited = claimed()
if holder ~= ARGV[1] or version ~= tonumber(ARGV[2]) then
  if KEYS[4] then redis.call('DEL', KEYS[4]) end
  return { 0, 0 }
end
redis.call('DEL', KEYS[3])
return { KEYS[4] and keep(KEYS[2], KEYS[4], unpack(ARGV, 3)) or 0, tonumber(awaited) }`,
};
