import type { CacheLevelReport, CacheReport, HotEntry } from '@mcp-cluster/cluster';
import { expect, it } from 'vitest';
import { summarise } from './cache-summary.js';

const level = (hits: number, misses: number, more: Partial<CacheLevelReport> = {}): CacheLevelReport => ({
  state: 'ok',
  entries: 10,
  bytes: 1_000,
  hits,
  misses,
  skipped: 0,
  types: { tool_result: { hits, misses } },
  ...more,
});
const OFF: CacheLevelReport = { state: 'off', hits: 0, misses: 0, skipped: 0, types: {} };
const hot = (id: string, hits: number): HotEntry => ({ id, type: 'tool_result', space: 'echo', hits, bytes: hits });

const report = (id: string, more: Partial<CacheReport> = {}): CacheReport => ({
  id,
  levels: { l1: level(3, 1), l2: level(1, 3), l3: OFF },
  loads: { tool_result: { ok: 1, unkept: 0, error: 2, abandoned: 0 } },
  waits: { process: 1, cluster: 2 },
  rescued: 1,
  evicted: 2,
  invalidations: { own: 1, heard: 0 },
  hottest: [],
  ...more,
});

it('P06: adds the nodes up, and counts what the second level holds once', () => {
  const a = report('a');
  const b = report('b', { levels: { l1: level(0, 4), l2: level(1, 0, { entries: 12, bytes: 900 }), l3: level(5, 5) } });
  const { levels, ...rest } = summarise([a, b, report('c', { levels: { ...a.levels, l3: level(1, 0) } })]);
  expect(levels.l1).toEqual(level(6, 6, { entries: 30, bytes: 3_000, hitRatio: 0.5 }));
  expect(levels.l2).toEqual(level(3, 6, { entries: 12, bytes: 1_000, hitRatio: 0.3333 }));
  expect(levels.l3).toEqual(level(6, 5, { entries: 20, bytes: 2_000, hitRatio: 0.5455 }));
  expect(rest).toEqual({
    loads: { tool_result: { ok: 3, unkept: 0, error: 6, abandoned: 0 } },
    waits: { process: 3, cluster: 6 },
    rescued: 3,
    evicted: 6,
    invalidations: { own: 3, heard: 0 },
    hottest: [],
  });
});

it('a level rests for the cluster when it rests for one node, and is off when nobody has it', () => {
  const resting = report('b', { levels: { l1: level(0, 0), l2: { ...OFF, state: 'resting', skipped: 7 }, l3: OFF } });
  const { l1, l2, l3 } = summarise([report('a'), resting]).levels;
  expect([l1.state, l2.state, l3.state]).toEqual(['ok', 'resting', 'off']);
  expect(l2).toMatchObject({ entries: 10, skipped: 7 });
  expect(l3.entries).toBeUndefined();
});

it('S7: merges the hottest entries of all nodes by their ids', () => {
  const many = Array.from({ length: 50 }, (_, index) => hot(`n${String(index)}`, 2));
  const { hottest } = summarise([
    report('a', { hottest: [hot('x', 5), hot('y', 4)] }),
    report('b', { hottest: [hot('y', 3), ...many] }),
  ]);
  expect(hottest).toHaveLength(50);
  expect(hottest.slice(0, 3)).toEqual([
    { ...hot('y', 7), bytes: 4, nodes: 2 },
    { ...hot('x', 5), nodes: 1 },
    { ...hot('n0', 2), nodes: 1 },
  ]);
});

it('P07: adds up what became of loads ahead of time, where nodes count it', () => {
  const { prefetch } = summarise([
    report('a', { prefetch: { used: 2 } }),
    report('b', { prefetch: { used: 1, late: 4 } }),
    report('c'),
  ]);
  expect(prefetch).toEqual({ used: 3, late: 4 });
  expect(summarise([report('a')])).not.toHaveProperty('prefetch');
});

it('is empty where no node answered', () => {
  const { levels, loads, hottest } = summarise([]);
  expect(levels.l2).toEqual({ state: 'off', hits: 0, misses: 0, skipped: 0, types: {} });
  expect([loads, hottest]).toEqual([{}, []]);
});
