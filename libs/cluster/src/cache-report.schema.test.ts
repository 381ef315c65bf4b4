import { expect, it } from 'vitest';
import { cacheReport, hitRatio, MAX_HOTTEST, type CacheReport } from './cache-report.schema.js';

const level = { state: 'ok', entries: 2, bytes: 300, hits: 3, misses: 1, skipped: 0, hitRatio: 0.75 } as const;
const types = { tool_result: { hits: 3, misses: 1 } };
const report: CacheReport = {
  id: 'node-1',
  levels: {
    l1: { ...level, types },
    l2: { ...level, types },
    l3: { state: 'off', hits: 0, misses: 0, skipped: 0, types: {} },
  },
  loads: { tool_result: { ok: 1, unkept: 0, error: 0, abandoned: 0 } },
  waits: { process: 2, cluster: 0 },
  rescued: 0,
  evicted: 0,
  invalidations: { own: 0, heard: 1 },
  hottest: [{ id: 'a'.repeat(43), type: 'tool_result', space: 'echo', hits: 3, bytes: 40 }],
};

it('P06: a report is what a node tells, also one that knows more than this manager', () => {
  expect(cacheReport.parse(structuredClone(report))).toEqual(report);
  const newer = { ...report, prefetch: { hits: 1 }, loads: { ...report.loads, dreams: report.loads.tool_result } };
  expect(cacheReport.parse({ ...newer, more: true })).toEqual(newer);
});

it.each([
  ['id', { id: '' }],
  ['levels', { levels: { ...report.levels, l2: undefined } }],
  ['levels.l1.hits', { levels: { ...report.levels, l1: { ...report.levels.l1, hits: -1 } } }],
  ['levels.l1.hitRatio', { levels: { ...report.levels, l1: { ...report.levels.l1, hitRatio: 2 } } }],
  ['loads', { loads: { 'a type': report.loads.tool_result } }],
  ['hottest', { hottest: Array.from({ length: MAX_HOTTEST + 1 }, () => report.hottest[0]) }],
  ['prefetch', { prefetch: [] }],
])('refuses a wrong %s', (path, change) => {
  const { error } = cacheReport.safeParse({ ...report, ...change });
  expect(error?.issues[0]?.path.join('.')).toContain(path);
});

it('a hit ratio has four digits, and there is none without look-ups', () => {
  expect(hitRatio({ hits: 2, misses: 1 })).toBe(0.6667);
  expect(hitRatio({ hits: 0, misses: 9 })).toBe(0);
  expect(hitRatio({ hits: 0, misses: 0 })).toBeUndefined();
});
