import { z } from 'zod';

const count = z.int().min(0);
const nodeId = z.string().min(1).max(64);
/** What is kept, as libs/cache names it. Any word: a node of a newer version may know more of them. */
const type = z.string().regex(/^[a-z_]{1,32}$/);

/** Most entries that a report lists: what one screen shows. */
export const MAX_HOTTEST = 50;

/** Look-ups that brought a value, a stale one too, and those that brought none. */
const lookupCounts = z.object({ hits: count, misses: count });
type LookupCounts = z.infer<typeof lookupCounts>;

const cacheLevelReport = z.object({
  /** `resting`: it fails or is slow, and is left alone for a while. `off`: there is none. */
  state: z.enum(['ok', 'resting', 'off']),
  /** Missing while the level does not say. */
  entries: count.optional(),
  bytes: count.optional(),
  ...lookupCounts.shape,
  /** Look-ups that were not made because it rests. */
  skipped: count,
  /** Of the look-ups that were made, 0 to 1. Missing when there were none. */
  hitRatio: z.number().min(0).max(1).optional(),
  types: z.record(type, lookupCounts),
});
export type CacheLevelReport = z.infer<typeof cacheLevelReport>;

/** How loads ended: `unkept` gave an answer that is not kept, of `abandoned` ones nobody waited any more. */
const loadCounts = z.object({ ok: count, unkept: count, error: count, abandoned: count });

/** An entry that is used much. The id is a hash: it names no arguments and no user. */
const hotEntry = z.object({
  id: z.string().min(1).max(64),
  type,
  /** The tool, resource or computation that it belongs to. */
  space: z.string(),
  hits: count,
  bytes: count,
});
export type HotEntry = z.infer<typeof hotEntry>;

/** What has been counted since the process began. */
const cacheActivity = z.object({
  levels: z.object({ l1: cacheLevelReport, l2: cacheLevelReport, l3: cacheLevelReport }),
  loads: z.record(type, loadCounts),
  /** Calls that waited for a load which another one had begun: on the same node, or on another. */
  waits: z.object({ process: count, cluster: count }),
  /** Stale entries that were served because loading them anew failed. */
  rescued: count,
  /** Entries that the first level dropped to make room. */
  evicted: count,
  /** Asked for at this node (`own`), or at another. */
  invalidations: z.object({ own: count, heard: count }),
  /** What became of loads ahead of time, by name. Missing where there are none. */
  prefetch: z.record(type, count).optional(),
});
export type CacheActivity = z.infer<typeof cacheActivity>;

/** The body of a node's `GET /cache`. */
export const cacheReport = z.object({
  id: nodeId,
  ...cacheActivity.shape,
  /** Of its first level, most hits first. */
  hottest: z.array(hotEntry).max(MAX_HOTTEST),
});
export type CacheReport = z.infer<typeof cacheReport>;

/** Share of the look-ups that brought a value; undefined when there were none. */
export function hitRatio({ hits, misses }: LookupCounts): number | undefined {
  const lookups = hits + misses;
  // Four digits: more of them say nothing, and nobody can read them.
  return lookups === 0 ? undefined : Math.round((10_000 * hits) / lookups) / 10_000;
}
