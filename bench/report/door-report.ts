import type { Machine } from '../harness/machine.ts';
import type { DoorRun } from '../harness/measure-door.ts';
import type { BenchOptions } from '../harness/options.ts';
import { significant, spread, type Spread } from '../harness/statistics.ts';
import type { Skipped } from '../subjects/subject.ts';
import { cell, table, yesNo } from './markdown.ts';

export interface MeasuredPath {
  name: string;
  title: string;
  runs: DoorRun[];
}

type Summary = Record<keyof DoorRun, Spread>;

/** One statement of what the manager costs, and whether it is within its bound. */
export interface DoorReach {
  says: string;
  target: string;
  /** Milliseconds or a ratio, as `says` tells; over the paired repeats, except that `median` is of the medians. */
  value: Spread;
  reached: boolean;
}

export interface DoorReport {
  benchmark: 'door';
  takenAt: string;
  machine: Machine;
  settings: Pick<BenchOptions, 'seconds' | 'warmup' | 'repeats' | 'connections' | 'rate'>;
  paths: (MeasuredPath & { summary: Summary })[];
  skipped: Skipped[];
  reaches: DoorReach[];
}

const MOST_ADDED_MS = 1;
const MOST_CPU_RATIO = 3;
const GOAL_CPU_RATIO = 2.5;
/** Above this a core's queue adds to what is measured. */
const MOST_CORE_SHARE = 0.5;

export function doorReport(
  measured: readonly MeasuredPath[],
  skipped: Skipped[],
  context: Pick<DoorReport, 'takenAt' | 'machine' | 'settings'>,
): DoorReport {
  const paths = measured.map((path) => ({ ...path, summary: summarise(path.runs) }));
  return { benchmark: 'door', ...context, paths, skipped, reaches: reachesOf(measured) };
}

function summarise(runs: readonly DoorRun[]): Summary {
  const metrics = Object.keys(runs[0] ?? {}) as (keyof DoorRun)[];
  return Object.fromEntries(metrics.map((metric) => [metric, spread(runs.map((run) => run[metric]))])) as Summary;
}

function reachesOf(measured: readonly MeasuredPath[]): DoorReach[] {
  const runsOf = new Map(measured.map(({ name, runs }) => [name, runs]));
  const compare = (
    ours: string,
    theirs: string,
    metric: keyof DoorRun,
    how: (our: number, their: number) => number,
  ): Spread | undefined => {
    const [our, their] = [runsOf.get(ours)?.map((run) => run[metric]), runsOf.get(theirs)?.map((run) => run[metric])];
    if (our === undefined || their === undefined) return undefined;
    const pairs = spread(our.map((value, repeat) => how(value, their[repeat] ?? Number.NaN)));
    return { ...pairs, median: how(spread(our).median, spread(their).median) };
  };
  const added = (name: string, direct: string, era: string): DoorReach[] => {
    const value = compare(name, direct, 'fixedP50Ms', (our, their) => our - their);
    const says = `p50 that the manager adds at the fixed rate, ${era}, ms`;
    return value === undefined ? [] : [bounded(says, '<', MOST_ADDED_MS, value)];
  };
  const cpu = compare('manager', 'haproxy', 'proxyCpuMicros', (our, their) => our / their);
  const fixedCpu = compare('manager', 'haproxy', 'fixedProxyCpuMicros', (our, their) => our / their);
  const cpuSays = "the manager's CPU a request against HAProxy's";
  const shares = measured.flatMap(({ runs }) => runs.map((run) => Math.max(run.proxyCoreShare, run.loadCoreShare)));
  return [
    ...added('manager', 'direct', '2026-07-28'),
    ...added('manager-2025', 'direct-2025', '2025-11-25'),
    ...(cpu === undefined ? [] : [bounded(cpuSays, '≤', MOST_CPU_RATIO, cpu)]),
    ...(cpu === undefined ? [] : [bounded(`${cpuSays}, goal`, '≤', GOAL_CPU_RATIO, cpu)]),
    ...(fixedCpu === undefined ? [] : [bounded(`${cpuSays}, at the fixed rate`, '≤', MOST_CPU_RATIO, fixedCpu)]),
    busiestCore(spread(shares)),
  ];
}

function bounded(says: string, sign: '<' | '≤', bound: number, value: Spread): DoorReach {
  const reached = sign === '<' ? value.median < bound : value.median <= bound;
  return { says, target: `${sign} ${String(bound)}`, value, reached };
}

/** A condition of the measurement rather than a target: the worst run decides. */
function busiestCore(value: Spread): DoorReach {
  const says = 'share of the busier core at the fixed rate (its highest counts)';
  return { says, target: `< ${String(MOST_CORE_SHARE)}`, value, reached: value.max < MOST_CORE_SHARE };
}

/** The report as a page for people; everything in it is also in the JSON. */
export function doorMarkdown(report: DoorReport): string {
  const { machine, settings } = report;
  const median = (value: Spread): string => String(significant(value.median, 3));
  const fixed = report.paths.map(({ title, summary }) => [
    title,
    median(summary.fixedP50Ms),
    median(summary.fixedP99Ms),
    median(summary.generatorLateP50Ms),
    median(summary.fixedProxyCpuMicros),
    summary.proxyCoreShare.median.toFixed(2),
    summary.loadCoreShare.median.toFixed(2),
  ]);
  const most = report.paths.map(({ title, summary }) => [
    title,
    cell(summary.requestsPerSecond),
    median(summary.p50Ms),
    median(summary.p99Ms),
    median(summary.proxyCpuMicros),
    summary.proxyCpuMicros.median > 0 ? String(Math.round(1e6 / summary.proxyCpuMicros.median)) : '–',
    String(Math.round(summary.proxyRssMiB.median)),
  ]);
  const reaches = report.reaches.map(({ says, target, value, reached }) => [
    says,
    target,
    `**${value.median.toFixed(2)}** (${value.min.toFixed(2)} … ${value.max.toFixed(2)})`,
    yesNo(reached),
  ]);
  return [
    '# Door: through the manager, against direct and against other proxies\n',
    'Made by `npm run bench -- door` from door.json; how it is measured stands in README.md.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}. ` +
      `${String(settings.connections)} connections, ${String(settings.warmup)} s of warm-up, ${String(settings.seconds)} s measured, ` +
      `repeats: ${String(settings.repeats)}, interleaved, fresh processes each; every answer checked. The proxy has a core for itself; node and load share the other.\n`,
    `## ${String(settings.rate)} requests a second, open loop\n`,
    table(
      [
        'path',
        'p50 ms',
        'p99 ms',
        'of which sent late, p50 ms',
        'proxy CPU µs a request',
        'proxy core',
        'node and load core',
      ],
      fixed,
    ),
    '## As many as go through\n',
    table(
      [
        'path',
        'requests/s (min / **median** / max)',
        'p50 ms',
        'p99 ms',
        'proxy CPU µs a request',
        'requests a CPU second',
        'proxy RSS MiB',
      ],
      most,
    ),
    report.skipped.map(({ title, reason }) => `- Not measured: ${title}: ${reason}\n`).join(''),
    '## What we reach for\n',
    'Of the medians; in brackets the lowest and highest of the paired repeats.\n',
    table(['what', 'target', 'measured', 'reached'], reaches),
  ].join('\n');
}
