import type { ReadRun } from '../cluster-cache/read-beside-echo.ts';
import type { ZipfRun } from '../cluster-cache/zipf.ts';
import type { Machine } from '../harness/machine.ts';
import { ratio, significant, spread, type Ratio } from '../harness/statistics.ts';
import { table, yesNo } from './markdown.ts';

export interface ClusterCacheMeasured {
  readonly zipf: readonly ZipfRun[];
  readonly reads: readonly ReadRun[];
}

export interface ClusterCacheClaim {
  readonly says: string;
  readonly target: string;
  readonly value: number;
  readonly reached: boolean;
}

export interface ClusterCacheReport extends ClusterCacheMeasured {
  readonly benchmark: 'cluster-cache';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly claims: readonly ClusterCacheClaim[];
}

/** What the issue of the cache asks. */
const MOST_P95 = 1.3;
const LEAST_HITS = 1.5;
const MOST_BUSY = 1.25;

export function clusterCacheReport(
  measured: ClusterCacheMeasured,
  context: { takenAt: string; machine: Machine },
): ClusterCacheReport {
  return { benchmark: 'cluster-cache', ...context, ...measured, claims: claimsOf(measured) };
}

function claimsOf({ zipf, reads }: ClusterCacheMeasured): ClusterCacheClaim[] {
  const claims: ClusterCacheClaim[] = [];
  for (const entries of sizesOf(zipf)) {
    const size = entries.toLocaleString('en-US');
    const hits = hitsOf(zipf, entries);
    claims.push(atLeast(`L1 hit ratio against that of balanced calls, L1 of ${size}`, LEAST_HITS, hits.ofMedians));
    const busiest = spread(of(zipf, entries, 'cache-aware').map((run) => run.busiest)).max;
    claims.push(atMost(`the busiest node against the mean, L1 of ${size}`, MOST_BUSY, busiest));
  }
  for (const what of ['cached resources/read', 'cached tools/call'] as const)
    if (reads.length > 0) claims.push(atMost(`p95 of ${what} against that of echo`, MOST_P95, p95Of(reads, what)));
  return claims;
}

export function clusterCacheMarkdown(report: ClusterCacheReport): string {
  const { zipf, reads, claims, machine, takenAt } = report;
  const parts = [
    '# The cache in a cluster\n',
    `Taken at ${takenAt} on ${machine.cpu}, ${String(machine.cores)} cores, Node ${machine.node}. Medians of the repeats; every run is in the JSON file.\n`,
    table(
      ['claim', 'target', 'measured', 'reached'],
      claims.map(({ says, target, value, reached }) => [says, target, String(significant(value, 3)), yesNo(reached)]),
    ),
  ];
  if (zipf.length > 0)
    parts.push(
      '## Routing: a Zipf load (s = 1.0), keys ten times the L1, three nodes\n',
      table(
        ['L1 entries', 'routing', 'L1 hits', 'L2 hits', 'loads a 100 calls', 'busiest node × mean'],
        sizesOf(zipf).flatMap((entries) =>
          (['balanced', 'cache-aware'] as const).map((routing) => {
            const runs = of(zipf, entries, routing);
            const median = (read: (run: ZipfRun) => number): string =>
              String(significant(spread(runs.map(read)).median, 3));
            return [
              entries.toLocaleString('en-US'),
              routing,
              median((run) => run.l1HitRatio),
              median((run) => run.l2HitRatio),
              median((run) => run.loadsPercent),
              median((run) => run.busiest),
            ];
          }),
        ),
      ),
      `Misses of L1 with cache-aware routing are ${sizesOf(zipf)
        .map(
          (entries) =>
            `${String(significant(missesOf(zipf, entries), 3))} × (L1 of ${entries.toLocaleString('en-US')})`,
        )
        .join(
          ', ',
        )} those of balanced calls. Why the ratio of hits cannot be 1.5 with a large L1: [balancing.md](balancing.md).\n`,
    );
  if (reads.length > 0)
    parts.push(
      '## A thousand connections\n',
      table(
        ['call', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms'],
        (['echo', 'cached resources/read', 'cached tools/call'] as const).map((what) => {
          const runs = reads.filter((run) => run.what === what);
          const median = (read: (run: ReadRun) => number): string =>
            String(significant(spread(runs.map(read)).median, 3));
          return [
            what,
            median((run) => run.requestsPerSecond),
            median((run) => run.p50Ms),
            median((run) => run.p95Ms),
            median((run) => run.p99Ms),
          ];
        }),
      ),
    );
  return parts.join('\n');
}

function sizesOf(runs: readonly ZipfRun[]): number[] {
  return [...new Set(runs.map(({ entries }) => entries))];
}

function of(runs: readonly ZipfRun[], entries: number, routing: ZipfRun['routing']): ZipfRun[] {
  return runs.filter((run) => run.entries === entries && run.routing === routing);
}

function hitsOf(runs: readonly ZipfRun[], entries: number): Ratio {
  const hits = (routing: ZipfRun['routing']) => of(runs, entries, routing).map(({ l1HitRatio }) => l1HitRatio);
  return ratio(hits('cache-aware'), hits('balanced'));
}

function missesOf(runs: readonly ZipfRun[], entries: number): number {
  const misses = (routing: ZipfRun['routing']) => of(runs, entries, routing).map(({ l1HitRatio }) => 1 - l1HitRatio);
  return ratio(misses('cache-aware'), misses('balanced')).ofMedians;
}

function p95Of(reads: readonly ReadRun[], what: ReadRun['what']): number {
  const p95 = (wanted: ReadRun['what']) => reads.filter((run) => run.what === wanted).map(({ p95Ms }) => p95Ms);
  return ratio(p95(what), p95('echo')).ofMedians;
}

function atLeast(says: string, target: number, value: number): ClusterCacheClaim {
  return { says, target: `≥ ${String(target)}`, value, reached: value >= target };
}

function atMost(says: string, target: number, value: number): ClusterCacheClaim {
  return { says, target: `≤ ${String(target)}`, value, reached: value <= target };
}
