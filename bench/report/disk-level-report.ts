import type { ContestantName } from '../disk-level/contestant.ts';
import type { FaultRun, KillRun, RestartRun, SizedRun } from '../disk-level/measure.ts';
import type { Machine } from '../harness/machine.ts';
import { significant } from '../harness/statistics.ts';
import { DISK_LEVEL_REASON } from './disk-level-reason.ts';
import { table, yesNo } from './markdown.ts';

export interface DiskLevelMeasured {
  work: SizedRun[];
  restarts: RestartRun[];
  kills: KillRun[];
  faults: FaultRun[];
}

export interface DiskLevelReach {
  says: string;
  target: string;
  value: number;
  reached: boolean;
}

export interface DiskLevelReport extends DiskLevelMeasured {
  benchmark: 'disk-level';
  takenAt: string;
  machine: Machine;
  /** Of the machine as it began; with more than a half it was not quiet. */
  loadAverage: number;
  missing: readonly ContestantName[];
  reaches: DiskLevelReach[];
}

/** What the product is built on. */
const CHOSEN: ContestantName = 'sqlite-thread';

export function diskLevelReport(
  measured: DiskLevelMeasured,
  missing: readonly ContestantName[],
  context: { takenAt: string; machine: Machine; loadAverage: number },
): DiskLevelReport {
  return { benchmark: 'disk-level', ...context, ...measured, missing, reaches: reachesOf(measured) };
}

/** What the level promises; only of what was measured. */
function reachesOf({ work, kills, restarts }: DiskLevelMeasured): DiskLevelReach[] {
  const reaches: DiskLevelReach[] = [];
  for (const run of work.filter(({ name }) => name === CHOSEN)) {
    const of = `entries of ${String(run.bytes)} bytes`;
    const more = Math.max(0, run.loopP99Ms - run.idleLoopP99Ms);
    reaches.push(atMost(`the event loop held at 200 operations/s, p99, ms more than with no store, ${of}`, 2, more));
    reaches.push(atMost(`an answer at 200 operations/s, p99, ms, ${of}`, 250, run.operationP99Ms));
  }
  for (const run of kills.filter(({ name }) => name === CHOSEN))
    reaches.push(atMost(`wrong, unreadable or unopened after ${String(run.kills)} kills`, 0, run.wrong + run.unreadable + run.failedToOpen)); // prettier-ignore
  for (const run of restarts.filter(({ name }) => name === CHOSEN))
    reaches.push(atMost(`opened with ${String(run.entries)} entries of 20 KB, ms`, 1_000, run.openMs));
  return reaches;
}

function atMost(says: string, bound: number, value: number): DiskLevelReach {
  return { says, target: `≤ ${String(bound)}`, value, reached: value <= bound };
}

/** The report as a page for people; everything in it is also in the JSON. */
export function diskLevelMarkdown(report: DiskLevelReport): string {
  const { machine, work, restarts, kills, faults, missing, reaches } = report;
  return [
    '# What the third level of the cache is on\n',
    'Made by `npm run bench -- disk-level` from disk-level.json.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}. ` +
      `Load average before: ${three(report.loadAverage)}${report.loadAverage > 0.5 ? ' (**not quiet**: times are longer than they need be, for every store)' : ''}.\n`,
    missing.length === 0 ? '' : `Not measured, since bench/peers does not have them: ${missing.join(', ')}.\n`,
    DISK_LEVEL_REASON,
    '## What the level promises\n',
    table(['what', 'bound', 'measured', 'reached'], reaches.map(({ says, target, value, reached }) => [says, target, three(value), yesNo(reached)])), // prettier-ignore
    '## Work, eight callers, a level of 1 GB\n',
    table(
      [
        'entry',
        'store',
        'entries',
        'sets/s',
        'hits/s',
        'misses/s',
        'a tag invalidated, ms',
        'sets/s at the bound',
        'given up',
        'disk / bytes',
        'RSS, MiB',
      ],
      work.map((run) => [sizeOf(run.bytes), run.name, String(run.entries), three(run.setsASecond), three(run.hitsASecond), three(run.missesASecond),
        three(run.invalidateMs), three(run.evictingSetsASecond), three(run.givenUp), three(run.diskRatio), three(run.residentMiB)]), // prettier-ignore
    ),
    '## 200 operations a second, one in five a set: what others in the process feel\n',
    table(
      [
        'entry',
        'store',
        'event loop held, p99 ms',
        'with no store, ms',
        'longest, ms',
        'an answer, p50 ms',
        'p99 ms',
        'CPU, share of a core',
      ],
      work.map((run) => [sizeOf(run.bytes), run.name, three(run.loopP99Ms), three(run.idleLoopP99Ms), three(run.loopMaxMs), three(run.operationP50Ms),
        three(run.operationP99Ms), three(run.cpuShare)]), // prettier-ignore
    ),
    '## A restart, with nothing of it in memory\n',
    table(
      ['store', 'entries of 20 KB', 'until the first hit, ms', 'RSS, MiB'],
      restarts.map(({ name, entries, openMs, residentMiB }) => [name, String(entries), three(openMs), three(residentMiB)]), // prettier-ignore
    ),
    '## Killed (SIGKILL) while it writes\n',
    table(
      ['store', 'kills', 'did not open', 'longest opening, ms', 'found', 'wrong', 'unreadable', 'disk / bytes found'],
      kills.map((run) => [run.name, ...[run.kills, run.failedToOpen, run.openMs, run.found, run.wrong, run.unreadable, run.diskRatio].map(three)]), // prettier-ignore
    ),
    '## A full disk (64 MB), in one process\n',
    table(
      ['store', 'process', 'sets taken', 'first error', 'read meanwhile', 'wrong', 'works again when there is room'],
      faults.map(
        ({ name, full, fullDied }) =>
        full === undefined
          ? [name, `**${fullDied ?? ''}**`, '', '', '', '', '']
          : [name, 'lives', three(full.taken), full.firstError, three(full.readableMeanwhile), three(full.wrong), yesNo(full.worksAgain)], // prettier-ignore
      ),
    ),
    '## Its files cut to half of their length while it is open: reading beyond is an I/O error\n',
    table(
      ['store', 'process', 'found', 'wrong', 'unreadable'],
      faults.map(({ name, cut, cutDied }) =>
        cut === undefined
          ? [name, `**ends: ${cutDied ?? ''}**`, '', '', '']
          : [name, 'lives', three(cut.found), three(cut.wrong), three(cut.unreadable)],
      ),
    ),
  ].join('\n');
}

function sizeOf(bytes: number): string {
  return `${String(bytes / 1_000)} KB`;
}

function three(value: number | undefined): string {
  return value === undefined ? '' : String(significant(value, 3));
}
