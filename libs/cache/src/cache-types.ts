import type { CacheType } from '@mcp-cluster/protocol';

/** Something for each word of a closed set. */
export type Each<K extends string, V> = Readonly<Record<K, V>>;

export function each<K extends string, V>(keys: readonly K[], make: (key: K) => V): Each<K, V> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<K, V>;
}

/** From a record, so that a new type cannot be forgotten here. */
export const CACHE_TYPES = Object.keys({
  tool_result: true,
  resource: true,
  computed_result: true,
  auth_token: true,
} satisfies Each<CacheType, true>) as readonly CacheType[];
