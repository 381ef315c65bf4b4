import {
  hitRatio,
  MAX_HOTTEST,
  type CacheActivity,
  type CacheLevelReport,
  type CacheReport,
  type HotEntry,
} from '@mcp-cluster/cluster';

type Level = keyof CacheActivity['levels'];
type Counts<K extends string> = Readonly<Record<K, number>>;

/** An entry that is used much, over all nodes. */
export interface HotClusterEntry extends HotEntry {
  /** Nodes that have it among their hottest. */
  readonly nodes: number;
}

/** The caches of several nodes as one. */
export interface CacheSummary extends CacheActivity {
  readonly hottest: readonly HotClusterEntry[];
}

const LOOKUPS = ['hits', 'misses'] as const;
const LOADS = ['ok', 'unkept', 'error', 'abandoned'] as const;

/** Adds the reports of nodes up. */
export function summarise(reports: readonly CacheReport[]): CacheSummary {
  const sum = (of: (report: CacheReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const level = (name: Level): CacheLevelReport =>
    sumLevel(
      reports.map(({ levels }) => levels[name]),
      // All nodes look at the same second level: what it holds is there once, not once a node.
      name === 'l2' ? (sizes) => Math.max(...sizes) : (sizes) => sizes.reduce((all, size) => all + size),
    );
  const prefetch = reports.map((report) => report.prefetch).filter((counts) => counts !== undefined);
  return {
    levels: { l1: level('l1'), l2: level('l2'), l3: level('l3') },
    loads: addByName(
      LOADS,
      reports.map(({ loads }) => loads),
    ),
    waits: add(
      ['process', 'cluster'],
      reports.map(({ waits }) => waits),
    ),
    rescued: sum(({ rescued }) => rescued),
    evicted: sum(({ evicted }) => evicted),
    invalidations: add(
      ['own', 'heard'],
      reports.map(({ invalidations }) => invalidations),
    ),
    ...(prefetch.length > 0 && { prefetch: add(namesIn(prefetch), prefetch) }),
    hottest: mergeHottest(reports),
  };
}

function sumLevel(levels: readonly CacheLevelReport[], sizeOf: (sizes: number[]) => number): CacheLevelReport {
  const { hits, misses, skipped } = add(['hits', 'misses', 'skipped'], levels);
  const ratio = hitRatio({ hits, misses });
  const entries = levels.flatMap((level) => level.entries ?? []);
  const bytes = levels.flatMap((level) => level.bytes ?? []);
  return {
    state: stateOf(levels),
    ...(entries.length > 0 && { entries: sizeOf(entries) }),
    ...(bytes.length > 0 && { bytes: sizeOf(bytes) }),
    hits,
    misses,
    skipped,
    ...(ratio !== undefined && { hitRatio: ratio }),
    types: addByName(
      LOOKUPS,
      levels.map(({ types }) => types),
    ),
  };
}

/** Off only where no node has it; one node that lets it rest is what an operator has to see. */
function stateOf(levels: readonly CacheLevelReport[]): CacheLevelReport['state'] {
  if (levels.some(({ state }) => state === 'resting')) return 'resting';
  return levels.some(({ state }) => state === 'ok') ? 'ok' : 'off';
}

function namesIn(records: readonly object[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function add<K extends string>(names: readonly K[], list: readonly Counts<K>[]): Record<K, number> {
  // Nodes of different versions do not count the same of what they do ahead of time.
  const sums = names.map((name) => [
    name,
    list.reduce((all, counts: Partial<Counts<K>>) => all + (counts[name] ?? 0), 0),
  ]);
  return Object.fromEntries(sums) as Record<K, number>;
}

function addByName<K extends string>(
  names: readonly K[],
  list: readonly Readonly<Record<string, Counts<K>>>[],
): Record<string, Record<K, number>> {
  const sums = namesIn(list).map((type) => [
    type,
    add(
      names,
      list.flatMap((record) => record[type] ?? []),
    ),
  ]);
  return Object.fromEntries(sums) as Record<string, Record<K, number>>;
}

/** Most hits first; as many as one node lists. */
function mergeHottest(reports: readonly CacheReport[]): HotClusterEntry[] {
  const merged = new Map<string, HotClusterEntry>();
  for (const entry of reports.flatMap(({ hottest }) => hottest)) {
    const known = merged.get(entry.id);
    merged.set(entry.id, {
      ...entry,
      hits: entry.hits + (known?.hits ?? 0),
      bytes: Math.max(entry.bytes, known?.bytes ?? 0),
      nodes: 1 + (known?.nodes ?? 0),
    });
  }
  return [...merged.values()].toSorted((a, b) => b.hits - a.hits).slice(0, MAX_HOTTEST);
}
