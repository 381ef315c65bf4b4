import {
  hitRatio,
  MAX_HOTTEST,
  readCacheTarget,
  type CacheLevelReport,
  type CacheReport,
  type CacheTarget,
  type HotEntry,
} from '@mcp-cluster/cluster';
import { EVERYTHING, namedTag, spaceTag, uriTag } from '@mcp-cluster/protocol';
import type { JsonAnswer, JsonRoute } from '@mcp-cluster/telemetry';

type CacheLevel = keyof CacheReport['levels'];

/** Levels that do not answer are missing. */
export type LevelSizes = Readonly<Partial<Record<CacheLevel, { readonly entries: number; readonly bytes: number }>>>;

/** What the cache's metrics have counted. */
export type CacheCounts = Omit<CacheReport, 'id' | 'levels' | 'prefetch' | 'hottest'> & {
  readonly levels: Readonly<Record<CacheLevel, Pick<CacheLevelReport, 'hits' | 'misses' | 'skipped' | 'types'>>>;
};

/** What is asked of the cache itself. */
export interface AdministeredCache {
  /** Entries of the first level with their hits, most first. */
  hottest(count: number): readonly HotEntry[];
  sizes(): Promise<LevelSizes>;
  resting(level: 'l2' | 'l3'): boolean;
  invalidate(tags: readonly string[]): Promise<void>;
}

export interface CacheAdminParts {
  readonly nodeId: string;
  readonly cache: AdministeredCache;
  /** The levels that this node has. */
  readonly levels: readonly CacheLevel[];
  readonly totals: () => CacheCounts;
  /** What became of loads ahead of time, by name; only where there are some. */
  readonly prefetch?: () => Readonly<Record<string, number>>;
}

/** The cache as those who run the cluster see it: `GET /cache` and `POST /cache/invalidate` of the management port. */
export class CacheAdmin {
  readonly routes: Readonly<Record<string, JsonRoute>> = {
    '/cache': { get: () => this.report() },
    '/cache/invalidate': { post: (body) => this.invalidate(body) },
  };

  constructor(private readonly parts: CacheAdminParts) {}

  async report(): Promise<CacheReport> {
    const { nodeId, cache, totals, prefetch } = this.parts;
    // A level that fails is one more reason to look at a report, and none to have no report.
    const sizes = await cache.sizes().catch((): LevelSizes => ({}));
    const { levels, ...counts } = totals();
    const level = (name: CacheLevel): CacheLevelReport => {
      const { hits, misses, skipped, types } = levels[name];
      const ratio = hitRatio({ hits, misses });
      return {
        state: this.stateOf(name),
        ...sizes[name],
        hits,
        misses,
        skipped,
        ...(ratio !== undefined && { hitRatio: ratio }),
        types,
      };
    };
    return {
      id: nodeId,
      levels: { l1: level('l1'), l2: level('l2'), l3: level('l3') },
      ...counts,
      ...(prefetch && { prefetch: prefetch() }),
      // Picked by name: an entry has arguments and a value too, which are nobody's business here.
      hottest: cache.hottest(MAX_HOTTEST).map(({ id, type, space, hits, bytes }) => ({ id, type, space, hits, bytes })),
    };
  }

  /** Answers when the cache of this node has forgotten it, and the other levels and nodes were told. */
  async invalidate(body: unknown): Promise<JsonAnswer> {
    const read = readCacheTarget(body);
    if ('problem' in read) {
      const { field, got, expected } = read.problem;
      const message = `${field}: got ${got}, expected ${expected}`;
      return { status: 400, body: { statusCode: 400, error: 'invalid_field', message, ...read.problem } };
    }
    await this.parts.cache.invalidate([tagOf(read.target)]);
    return { status: 200, body: { id: this.parts.nodeId, done: true } };
  }

  private stateOf(level: CacheLevel): CacheLevelReport['state'] {
    const { cache, levels } = this.parts;
    if (!levels.includes(level)) return 'off';
    return level !== 'l1' && cache.resting(level) ? 'resting' : 'ok';
  }
}

/** The tag of the entries that are to go. */
function tagOf({ by, name }: CacheTarget): string {
  switch (by) {
    case 'tool':
      return spaceTag('tool_result', name);
    case 'resource':
      return spaceTag('resource', name);
    case 'uri':
      return uriTag(name);
    case 'tag':
      return namedTag(name);
    case 'key':
      return name;
    case 'all':
      return EVERYTHING;
  }
}
