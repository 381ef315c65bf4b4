import { Registry } from '@mcp-cluster/telemetry';
import { describe, expect, it } from 'vitest';
import { CACHE_TYPES } from './cache-types.js';
import { CacheMetrics } from './cache.metrics.js';
import { CACHE_LEVELS, LOAD_RESULTS, LOOKUP_RESULTS, WRITE_RESULTS } from './cache.observer.js';

function metrics(levels = CACHE_LEVELS.slice()) {
  const registry = new Registry();
  return { registry, observer: new CacheMetrics(registry, levels) };
}

const seriesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('the metrics of the cache', () => {
  it('P13: operations by level and result, under the name and labels that were asked for', async () => {
    const { registry, observer } = metrics();
    observer.looked('l1', 'tool_result', 'hit');
    observer.looked('l1', 'resource', 'hit');
    observer.looked('l2', 'resource', 'corrupt');
    observer.wrote('l3', 'refused');
    observer.evicted();
    observer.invalidated(true);
    observer.invalidated(false);
    const text = await registry.metrics();
    const counted = seriesOf(text, 'mcp_cache_operations_total').filter((line) => !line.endsWith(' 0'));
    expect(counted).toEqual([
      'mcp_cache_operations_total{operation="get",cache_level="l1",result="hit"} 2',
      'mcp_cache_operations_total{operation="get",cache_level="l2",result="corrupt"} 1',
      'mcp_cache_operations_total{operation="set",cache_level="l3",result="refused"} 1',
      'mcp_cache_operations_total{operation="evict",cache_level="l1",result="ok"} 1',
      'mcp_cache_operations_total{operation="invalidate",cache_level="all",result="ok"} 2',
    ]);
  });

  it('P06: hits and misses by level and type', async () => {
    const { registry, observer } = metrics();
    observer.looked('l1', 'tool_result', 'miss');
    observer.looked('l2', 'tool_result', 'hit');
    observer.looked('l1', 'tool_result', 'stale');
    const text = await registry.metrics();
    const counted = seriesOf(text, 'mcp_cache_lookups_total').filter((line) => !line.endsWith(' 0'));
    expect(counted).toEqual([
      'mcp_cache_lookups_total{cache_level="l1",type="tool_result",result="stale"} 1',
      'mcp_cache_lookups_total{cache_level="l1",type="tool_result",result="miss"} 1',
      'mcp_cache_lookups_total{cache_level="l2",type="tool_result",result="hit"} 1',
    ]);
  });

  it('loads, waits, rescues and where an invalidation came from', async () => {
    const { registry, observer } = metrics();
    observer.loaded('resource', 'ok', 0.02);
    observer.loaded('resource', 'error', 3);
    observer.waited('cluster');
    observer.rescued('computed_result');
    observer.invalidated(false);
    const text = await registry.metrics();
    for (const line of [
      'mcp_cache_loads_total{type="resource",result="ok"} 1',
      'mcp_cache_loads_total{type="resource",result="error"} 1',
      'mcp_cache_load_duration_seconds_bucket{le="0.05",type="resource"} 1',
      'mcp_cache_load_duration_seconds_bucket{le="5",type="resource"} 2',
      'mcp_cache_waits_total{where="process"} 0',
      'mcp_cache_waits_total{where="cluster"} 1',
      'mcp_cache_rescued_total{type="computed_result"} 1',
      'mcp_cache_invalidations_total{origin="heard"} 1',
    ])
      expect(text).toContain(`${line}\n`);
  });

  it('cardinality: everything that can be told makes no series beyond those of the start', async () => {
    const { registry, observer } = metrics();
    const before = (await registry.metrics()).split('\n').length;
    for (const level of CACHE_LEVELS) {
      for (const result of WRITE_RESULTS) observer.wrote(level, result);
      for (const type of CACHE_TYPES) for (const result of LOOKUP_RESULTS) observer.looked(level, type, result);
    }
    for (const type of CACHE_TYPES) for (const result of LOAD_RESULTS) observer.loaded(type, result, 1);
    const text = await registry.metrics();
    expect(text.split('\n')).toHaveLength(before);
    expect(text).not.toContain('_other');
    expect(before).toBeLessThan(250);
  });

  it('says which level rests, of those that there are', async () => {
    const { registry, observer } = metrics(['l1', 'l2']);
    observer.resting('l2', true);
    observer.resting('l3', true);
    expect(seriesOf(await registry.metrics(), 'mcp_cache_resting')).toEqual(['mcp_cache_resting{cache_level="l2"} 1']);
    observer.resting('l2', false);
    expect(await registry.metrics()).toContain('mcp_cache_resting{cache_level="l2"} 0');
  });

  it('shows the sizes of the levels that tell theirs', async () => {
    const { registry, observer } = metrics();
    observer.showSizes(() => ({ l1: { entries: 3, bytes: 700 }, l3: { entries: 9, bytes: 8_000 } }));
    const text = await registry.metrics();
    expect(seriesOf(text, 'mcp_cache_entries')).toEqual([
      'mcp_cache_entries{cache_level="l1"} 3',
      'mcp_cache_entries{cache_level="l3"} 9',
    ]);
    expect(seriesOf(text, 'mcp_cache_bytes')).toContain('mcp_cache_bytes{cache_level="l3"} 8000');
  });

  it('P06: totals for a report: a stale entry is a hit, a damaged one a miss, and what was not asked is neither', () => {
    const { observer } = metrics();
    for (const result of LOOKUP_RESULTS) observer.looked('l2', 'resource', result);
    observer.looked('l2', 'tool_result', 'hit');
    observer.loaded('resource', 'unkept', 0.1);
    observer.rescued('resource');
    observer.rescued('tool_result');
    observer.evicted();
    observer.waited('process');
    observer.invalidated(true);
    const { levels, loads, ...rest } = observer.totals();
    expect(levels.l2).toEqual({
      hits: 3,
      misses: 4,
      skipped: 1,
      types: {
        resource: { hits: 2, misses: 4 },
        tool_result: { hits: 1, misses: 0 },
        auth_token: { hits: 0, misses: 0 },
        computed_result: { hits: 0, misses: 0 },
      },
    });
    expect(levels.l1).toMatchObject({ hits: 0, misses: 0, skipped: 0 });
    expect(loads.resource).toEqual({ ok: 0, unkept: 1, error: 0, abandoned: 0 });
    expect(rest).toEqual({
      waits: { process: 1, cluster: 0 },
      rescued: 2,
      evicted: 1,
      invalidations: { own: 1, heard: 0 },
    });
  });
});
