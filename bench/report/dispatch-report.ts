import type { Machine } from '../harness/machine.ts';
import type { Run } from '../harness/measure.ts';
import type { BenchOptions } from '../harness/options.ts';
import { ratio, significant, spread, type Ratio, type Spread } from '../harness/statistics.ts';
import type { Skipped } from '../subjects/subject.ts';
import { DISPATCH_CLAIMS, type Claim } from './dispatch-claims.ts';
import { cell, table, yesNo } from './markdown.ts';

export interface Measured {
  name: string;
  title: string;
  runs: Run[];
}

interface SubjectResult extends Measured {
  summary: Record<keyof Run, Spread>;
}

interface Reach extends Claim {
  ratio: Ratio;
  /** The same comparison by CPU time a request, which other programs on the machine disturb less. */
  cpuRatio: Ratio;
  reached: boolean;
}

export interface DispatchReport {
  benchmark: 'dispatch';
  takenAt: string;
  machine: Machine;
  settings: Pick<BenchOptions, 'seconds' | 'warmup' | 'repeats' | 'connections'>;
  subjects: SubjectResult[];
  skipped: Skipped[];
  reaches: Reach[];
  /** Titles of subjects that did not get their core in some run: their numbers say too little. */
  disturbed: string[];
}

/** A server under more load than it can take uses all of its core, unless something else does. */
const LEAST_SERVER_SHARE = 0.9;

const METRICS = [
  'requestsPerSecond',
  'p50Ms',
  'p99Ms',
  'cpuMicros',
  'rssMiB',
  'serverShare',
  'generatorShare',
] as const;

export function dispatchReport(
  measured: readonly Measured[],
  skipped: Skipped[],
  context: Pick<DispatchReport, 'takenAt' | 'machine' | 'settings'>,
): DispatchReport {
  const subjects = measured.map((subject) => ({ ...subject, summary: summarise(subject.runs) }));
  const disturbed = subjects.filter(({ summary }) => summary.serverShare.min < LEAST_SERVER_SHARE);
  return {
    benchmark: 'dispatch',
    ...context,
    subjects,
    skipped,
    reaches: reachesOf(measured),
    disturbed: disturbed.map(({ title }) => title),
  };
}

function summarise(runs: readonly Run[]): Record<keyof Run, Spread> {
  const entries = METRICS.map((metric) => [metric, spread(runs.map((run) => run[metric]))] as const);
  return Object.fromEntries(entries) as Record<keyof Run, Spread>;
}

/** Claims of which both sides were measured. */
function reachesOf(measured: readonly Measured[]): Reach[] {
  const runsOf = new Map(measured.map(({ name, runs }) => [name, runs]));
  return DISPATCH_CLAIMS.flatMap((claim) => {
    const ours = runsOf.get(claim.ours);
    const theirs = runsOf.get(claim.theirs);
    if (ours === undefined || theirs === undefined) return [];
    const rate = (run: Run): number => run.requestsPerSecond;
    const cpu = (run: Run): number => run.cpuMicros;
    const found = ratio(ours.map(rate), theirs.map(rate));
    const cpuRatio = ratio(theirs.map(cpu), ours.map(cpu));
    return [{ ...claim, ratio: found, cpuRatio, reached: found.ofMedians >= claim.atLeast }];
  });
}

/** The report as a page for people; everything in it is also in the JSON. */
export function dispatchMarkdown(report: DispatchReport): string {
  const { machine, settings } = report;
  const servers = report.subjects.map(({ title, summary }) => [
    title,
    cell(summary.requestsPerSecond),
    String(significant(summary.p50Ms.median, 3)),
    String(significant(summary.p99Ms.median, 3)),
    String(significant(summary.cpuMicros.median, 3)),
    String(Math.round(summary.rssMiB.median)),
    summary.serverShare.median.toFixed(2),
    summary.generatorShare.median.toFixed(2),
  ]);
  const reaches = report.reaches.map((reach) => [
    reach.says,
    `≥ ${String(reach.atLeast)}`,
    `**${reach.ratio.ofMedians.toFixed(2)}** (${reach.ratio.min.toFixed(2)} … ${reach.ratio.max.toFixed(2)})`,
    reach.cpuRatio.ofMedians.toFixed(2),
    yesNo(reach.reached),
  ]);
  const skipped = report.skipped.map(({ title, reason }) => `- Not measured: ${title}: ${reason}\n`).join('');
  const disturbed = report.disturbed
    .map((title) => `- Disturbed: ${title}: used less than ${String(LEAST_SERVER_SHARE)} of its core in some run.\n`)
    .join('');
  return [
    '# Dispatch: one `tools/call echo`, side by side\n',
    'Made by `npm run bench -- dispatch` from dispatch.json; how it is measured stands in README.md.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}. ` +
      `${String(settings.connections)} connections, ${String(settings.warmup)} s of warm-up, ${String(settings.seconds)} s measured, ` +
      `repeats: ${String(settings.repeats)}, interleaved, a fresh process each; every answer checked.\n`,
    table(
      [
        'server',
        'requests/s (min / **median** / max)',
        'p50 ms',
        'p99 ms',
        'CPU µs a request',
        'RSS MiB',
        'server core',
        'load core',
      ],
      servers,
    ),
    '`server core` and `load core` are the shares of their cores that the server and wrk used. Where the load core is near 1, wrk was the limit.\n',
    disturbed,
    skipped,
    '## What we reach for\n',
    'Ratios of the medians; in brackets the lowest and highest ratio of the paired repeats. Targets are of requests/s.\n',
    table(['compared', 'target', 'requests/s', 'by CPU a request', 'reached'], reaches),
  ].join('\n');
}
