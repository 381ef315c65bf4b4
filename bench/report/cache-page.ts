import { SIZES, sizesOf, WORKS, type Found, type WorkName } from '../cache/plan.ts';
import { significant, spread } from '../harness/statistics.ts';
import { titleOf } from './cache-claims.ts';
import type { CacheReport, MeasuredCache } from './cache-report.ts';
import { cell, table, yesNo } from './markdown.ts';

/** The report as a page for people; everything in it is also in the JSON. */
export function cacheMarkdown(report: CacheReport): string {
  const { machine, settings, versions } = report;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# Cache: hits, misses and stampedes, side by side\n',
    'Made by `npm run bench -- cache` from cache.json; how it is measured stands in README.md.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}; ` +
      `${packages.join(', ')}. ${String(settings.seconds)} s a measurement, repeats: ${String(settings.repeats)}, interleaved, ` +
      `a fresh process and an empty Redis each; sizes are those of the kept JSON (${SIZES.join(', ')} B).\n`,
    '## What we reach for\n',
    'Ratios of the medians, ours to the fastest configuration of the other; in brackets the lowest and highest of the paired repeats.\n',
    table(
      ['compared', 'with', 'target', 'questions/s', 'by CPU a question', 'reached'],
      report.reaches.map((reach) => [
        reach.says,
        reach.against,
        `≥ ${reach.atLeast.toFixed(2)}`,
        `**${reach.ratio.ofMedians.toFixed(2)}** (${reach.ratio.min.toFixed(2)} … ${reach.ratio.max.toFixed(2)})`,
        reach.cpuRatio.ofMedians.toFixed(2),
        yesNo(reach.reached),
      ]),
    ),
    table(
      ['ours', 'target', 'most of any stampede', 'reached'],
      report.loads.map(({ says, atMost, loads, reached }) => [
        says,
        `≤ ${String(atMost)}`,
        String(loads.max),
        yesNo(reached),
      ]),
    ),
    report.skipped
      .map(({ work, size, name, why }) => `- Not measured: ${name}, ${titleOf(work)}, ${String(size)} B: ${why}\n`)
      .join(''),
    ...WORKS.flatMap((work) => sizesOf(work).map((size) => section(report.rows, work, size))),
    '## What was configured\n',
    table(
      ['name', 'what it is', 'configuration'],
      report.contestants.map(({ name, title, configured }) => [name, title, configured]),
    ),
  ].join('\n');
}

interface Column {
  head: string;
  of: (run: Found) => number | undefined;
}

const COLUMNS: readonly Column[] = [
  { head: 'CPU µs a question', of: (run) => run.cpuMicros },
  { head: 'alone, p50 µs', of: (run) => run.p50Micros },
  { head: 'alone, p99 µs', of: (run) => run.p99Micros },
  { head: 'from first to last, ms', of: (run) => run.stampedeMs },
  { head: 'bytes to Redis', of: (run) => run.redis?.bytesIn },
  { head: 'from Redis', of: (run) => run.redis?.bytesOut },
  { head: "Redis' CPU µs", of: (run) => run.redis?.cpuMicros },
  { head: 'bytes kept in Redis', of: (run) => run.redis?.memory },
];

/** One table; a column that this work does not have is left out. */
function section(rows: readonly MeasuredCache[], work: WorkName, size: number): string {
  const here = rows.filter((row) => row.work === work && row.size === size);
  if (here.length === 0) return '';
  const columns = COLUMNS.filter(({ of }) => here[0]?.runs[0] !== undefined && of(here[0].runs[0]) !== undefined);
  const lines = here.map(({ name, runs }) => [
    name,
    cell(spread(runs.map((run) => run.perSecond))),
    ...columns.map(({ of }) => String(significant(spread(runs.map((run) => of(run) ?? Number.NaN)).median, 3))),
    String(spread(runs.map((run) => run.loads)).max),
  ]);
  const head = ['cache', 'questions/s (min / **median** / max)', ...columns.map((column) => column.head), 'loads'];
  return [`## ${titleOf(work)}, ${String(size)} B\n`, table(head, lines)].join('\n');
}
