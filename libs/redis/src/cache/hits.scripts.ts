import type { Script } from '../connection/store.js';
import { TIME } from '../quota/lua.js';

/** Two of them are read: what is counted is between a quarter and half an hour old at most. */
export const BUCKET_MS = 900_000;

/** KEYS: how the keys of buckets begin. `bucket(back)`: the key of the present one, or of one before it. */
const BUCKETS = `${TIME}
local function bucket(back)
  return KEYS[1] .. ':' .. string.format('%.0f', math.floor(now / ${BUCKET_MS * 1000}) - back)
end
`;

/** ARGV: most members of a bucket; then id and hits, again and again. */
export const REPORT_HITS: Script = {
  name: 'cache-report-hits',
  source: `${BUCKETS}
local key = bucket(0)
for at = 2, #ARGV, 2 do redis.call('ZINCRBY', key, ARGV[at + 1], ARGV[at]) end
redis.call('ZREMRANGEBYRANK', key, 0, -1 - tonumber(ARGV[1]))
redis.call('PEXPIRE', key, ${2 * BUCKET_MS})`,
};

/** ARGV: how many. */
export const HOTTEST: Script = {
  name: 'cache-hottest',
  source: `${BUCKETS}
local rising = redis.call('ZUNION', 2, bucket(0), bucket(1))
local top = {}
for at = #rising, math.max(1, #rising - tonumber(ARGV[1]) + 1), -1 do top[#top + 1] = rising[at] end
return top`,
};
