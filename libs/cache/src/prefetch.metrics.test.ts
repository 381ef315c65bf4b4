import { Registry } from '@mcp-cluster/telemetry';
import { expect, it } from 'vitest';
import { PrefetchMetrics } from './prefetch.metrics.js';
import { PREFETCH_REASONS, PREFETCH_RESULTS, PREFETCH_SKIPS } from './prefetch/prefetch.observer.js';

it('P07: counts loads ahead of time, what became of them, and why there were no more', async () => {
  const registry = new Registry();
  const observer = new PrefetchMetrics(registry);
  observer.prefetched('sequence', 'loaded');
  observer.prefetched('hour', 'loaded');
  observer.prefetched('hour', 'nothing');
  observer.used('sequence');
  observer.wasted('hour');
  observer.skipped('budget');
  observer.skipped('pressure');
  const text = await registry.metrics();
  for (const line of [
    'mcp_cache_prefetches_total{reason="sequence",result="loaded"} 1',
    'mcp_cache_prefetches_total{reason="hour",result="nothing"} 1',
    'mcp_cache_prefetched_entries_total{reason="sequence",fate="used"} 1',
    'mcp_cache_prefetched_entries_total{reason="hour",fate="wasted"} 1',
    'mcp_cache_prefetch_skips_total{why="budget"} 1',
    'mcp_cache_prefetch_skips_total{why="late"} 0',
  ])
    expect(text).toContain(`${line}\n`);
  expect(observer.totals()).toEqual({ loaded: 2, nothing: 1, used: 1, wasted: 1, skipped: 2 });
});

it('cardinality: everything that can be told makes no series beyond those of the start', async () => {
  const registry = new Registry();
  const observer = new PrefetchMetrics(registry);
  const before = (await registry.metrics()).split('\n').length;
  for (const reason of PREFETCH_REASONS) {
    for (const result of PREFETCH_RESULTS) observer.prefetched(reason, result);
    observer.used(reason);
    observer.wasted(reason);
  }
  for (const why of PREFETCH_SKIPS) observer.skipped(why);
  const text = await registry.metrics();
  expect(text.split('\n')).toHaveLength(before);
  expect(text).not.toContain('_other');
});
