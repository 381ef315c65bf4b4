import type { Machine } from '../harness/machine.ts';
import { significant, spread, type Spread } from '../harness/statistics.ts';
import type { BigLogRun } from '../streams/big-log.ts';
import type { ChattyRun } from '../streams/chatty.ts';
import type { IdleRun } from '../streams/idle.ts';
import type { RowsRun } from '../streams/rows.ts';
import type { ReadersRun } from '../streams/stalled.ts';
import { table, yesNo } from './markdown.ts';

/** What was measured; a part that was not asked for is missing. */
export interface StreamsMeasured {
  rows?: RowsRun[];
  log?: BigLogRun[];
  idle?: IdleRun[];
  /** One list a repeat. */
  readers?: ReadersRun[][];
  chatty?: { few: ChattyRun[]; many: ChattyRun[] };
}

export interface StreamsReach {
  says: string;
  target: string;
  value: Spread;
  reached: boolean;
}

export interface StreamsReport extends StreamsMeasured {
  benchmark: 'streams';
  takenAt: string;
  machine: Machine;
  reaches: StreamsReach[];
}

/** Rows a second that the reference implementation states for the same call (S08). */
const REFERENCE_ROWS = 5_494;

export function streamsReport(
  measured: StreamsMeasured,
  context: { takenAt: string; machine: Machine },
): StreamsReport {
  return { benchmark: 'streams', ...context, ...measured, reaches: reachesOf(measured) };
}

function reachesOf({ rows = [], log = [], idle = [], readers = [], chatty }: StreamsMeasured): StreamsReach[] {
  const reaches = rows.map(({ era, rowsPerSecond }) =>
    atLeast(
      `rows a second end to end against the reference's ${String(REFERENCE_ROWS)}, ${era}, ratio`,
      20,
      times(rowsPerSecond, 1 / REFERENCE_ROWS),
    ),
  );
  if (log.length > 0) {
    reaches.push(
      below('RSS that a 1 GB log adds while it is summarised, MiB', 32, worst(log.map((run) => run.grownMiB))),
    );
    reaches.push(below('its first progress, ms', 100, spread(log.map((run) => run.firstProgressMs))));
  }
  for (const { kind, heapKiB } of idle)
    reaches.push(below(`heap of an idle stream (${kind}), KiB`, 30, spread([heapKiB])));
  if (readers.length > 0) {
    const of = (which: ReadersRun['readers'], metric: 'p99OfSecondsMs' | 'grownMiB'): number[] =>
      readers.map((runs) => runs.find((run) => run.readers === which)?.[metric] ?? Number.NaN);
    const ratio = (other: ReadersRun['readers']): Spread =>
      ratioOfMedians(of('stalled', 'p99OfSecondsMs'), of(other, 'p99OfSecondsMs'));
    reaches.push(below('RSS that 100 stalled readers add, MiB', 64, worst(of('stalled', 'grownMiB'))));
    reaches.push(
      below("other calls' p99 beside 100 stalled readers, against 100 that read, ratio", 1.1, ratio('reading')),
    );
    reaches.push(below("other calls' p99 beside 100 stalled readers, against none, ratio", 1.1, ratio('none')));
  }
  if (chatty !== undefined) {
    const cpu = pairs(chatty.many.map((run) => run.cpuMs), chatty.few.map((run) => run.cpuMs)); // prettier-ignore
    reaches.push(below('CPU of a call with 100,000 progress reports against 5, ratio', 1.1, cpu));
  }
  return reaches;
}

function pairs(ours: readonly number[], theirs: readonly number[]): Spread {
  return spread(ours.map((value, at) => value / (theirs[at] ?? Number.NaN)));
}

/** In brackets the repeats, pair by pair. */
function ratioOfMedians(ours: readonly number[], theirs: readonly number[]): Spread {
  return { ...pairs(ours, theirs), median: spread(ours).median / spread(theirs).median };
}

function times({ min, median, max }: Spread, by: number): Spread {
  return { min: min * by, median: median * by, max: max * by };
}

/** A bound on memory holds in every run: the worst one is the value. */
function worst(values: readonly number[]): Spread {
  const { min, max } = spread(values);
  return { min, median: max, max };
}

function atLeast(says: string, bound: number, value: Spread): StreamsReach {
  return { says, target: `≥ ${String(bound)}`, value, reached: value.median >= bound };
}

function below(says: string, bound: number, value: Spread): StreamsReach {
  return { says, target: `< ${String(bound)}`, value, reached: value.median < bound };
}

/** The report as a page for people; everything in it is also in the JSON. */
export function streamsMarkdown(report: StreamsReport): string {
  const { machine, reaches, rows = [], log = [], idle = [], readers = [], chatty } = report;
  const three = (value: number): string => String(significant(value, 3));
  const middle = (value: Spread): string => `**${three(value.median)}** (${three(value.min)} … ${three(value.max)})`;
  const median = (runs: readonly ChattyRun[], metric: 'cpuMs' | 'events' | 'bytes'): string =>
    three(spread(runs.map((run) => run[metric])).median);
  return [
    '# Streams: progress, long logs, idle and stalled readers\n',
    'Made by `npm run bench -- streams` from streams.json; how it is measured stands in README.md.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}. ` +
      'The node has a core for itself; clients and load share the other.\n',
    '## What we reach for\n',
    table(['what', 'target', 'measured', 'reached'], reaches.map(({ says, target, value, reached }) => [says, target, middle(value), yesNo(reached)])), // prettier-ignore
    '## run_analysis, 10,000 rows in chunks of 500, the SDK’s client\n',
    table(['revision', 'rows/s', 'a call, ms', 'first progress, ms', 'progress a call'], rows.map((run) => [run.era, middle(run.rowsPerSecond), middle(run.callMs), middle(run.firstProgressMs), middle(run.progressACall)])), // prettier-ignore
    '## A log read as its summary\n',
    table(['bytes', 'seconds', 'MB/s', 'first progress, ms', 'progress', 'RSS added, MiB'], log.map((run) => [String(run.bytes), three(run.seconds), three(run.megabytesPerSecond), three(run.firstProgressMs), String(run.progress), three(run.grownMiB)])), // prettier-ignore
    '## Idle streams\n',
    table(['kind', 'streams', 'heap each, KiB', 'RSS each, KiB'], idle.map((run) => [run.kind, String(run.streams), three(run.heapKiB), three(run.residentKiB)])), // prettier-ignore
    '## 100 calls with 10,000 unthrottled events each, beside `echo` at a constant rate\n',
    table(['repeat', 'readers', 'echo p50, ms', 'echo p99, ms',
        'p99 of a second, ms', 'of which sent late, p99', 'RSS added, MiB', 'CPU, s', 'closed as stalled'], readers.flatMap((runs, at) => runs.map((run) => [String(at + 1), run.readers, three(run.p50Ms), three(run.p99Ms),
          three(run.p99OfSecondsMs), three(run.lateP99Ms), three(run.grownMiB), three(run.cpuSeconds), String(run.closedStalled)]))), // prettier-ignore
    '## The same work with 5 and with 100,000 progress reports\n',
    chatty === undefined ? '' : table(['reports', 'CPU a call, ms', 'events sent', 'bytes'], [['5', median(chatty.few, 'cpuMs'), median(chatty.few, 'events'), median(chatty.few, 'bytes')], ['100,000', median(chatty.many, 'cpuMs'), median(chatty.many, 'events'), median(chatty.many, 'bytes')]]), // prettier-ignore
  ].join('\n');
}
