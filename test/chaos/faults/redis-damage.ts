import { redisCommands, type TestRedis } from '@mcp-cluster/testkit/redis';

/** What can happen to entries that lie in Redis. */
export type Damage = 'flipped bits' | 'cut off' | 'another version' | 'swapped';

/**
 * An entry is 16 digits of its version, 6 that say how long its tags are, its tags, and its frame: 4 bytes of magic, one of
 * the format's version, and so on (entry-frame.ts). `n` is the number of the entry, `random` a number for it.
 */
const DAMAGE: Readonly<Record<Damage, string>> = {
  'flipped bits':
    'local at = random % #value + 1 ' +
    'local bit = bit.bxor(string.byte(value, at), 2 ^ (random % 8)) ' +
    'put(key, string.sub(value, 1, at - 1) .. string.char(bit) .. string.sub(value, at + 1))',
  'cut off': 'put(key, string.sub(value, 1, random % #value))',
  'another version':
    'local at = 22 + tonumber(string.sub(value, 17, 22)) + 5 ' +
    'local version = string.char(string.byte(value, at) + 1) ' +
    'put(key, string.sub(value, 1, at - 1) .. version .. string.sub(value, at + 1))',
  // The first with the second, the third with the fourth.
  swapped:
    'local other = keys[n % 2 == 1 and n + 1 or n - 1] ' +
    "if n % 2 == 1 and other then put(key, redis.call('GET', other)) put(other, value) end",
};

/** The keys of all entries, in the same order at any time. */
const KEYS = "local keys = redis.call('KEYS', '*cache:entry:*') table.sort(keys)";

/** Damages every entry that a cache's Redis holds. @param seed a whole number @returns how many */
export async function damageEntries(redis: TestRedis, damage: Damage, seed: number): Promise<number> {
  const script = [
    `${KEYS} local function put(key, value) redis.call('SET', key, value, 'KEEPTTL') end`,
    `for n, key in ipairs(keys) do`,
    `local value = redis.call('GET', key) local random = (n * 7919 + tonumber(ARGV[1])) % 1000003`,
    `${DAMAGE[damage]} end return #keys`,
  ].join(' ');
  return numberOf(await redisCommands(redis, `EVAL "${script}" 0 ${seed}`));
}

export async function countEntries(redis: TestRedis): Promise<number> {
  return numberOf(await redisCommands(redis, `EVAL "${KEYS} return #keys" 0`));
}

export async function forgetEntries(redis: TestRedis): Promise<number> {
  return numberOf(
    await redisCommands(
      redis,
      `EVAL "${KEYS} for _, key in ipairs(keys) do redis.call('DEL', key) end return #keys" 0`,
    ),
  );
}

/** @throws what Redis said, where it is no number */
function numberOf(answer: string): number {
  const [, number] = /^:(\d+)/.exec(answer) ?? [];
  if (number === undefined) throw new Error(answer);
  return Number(number);
}
