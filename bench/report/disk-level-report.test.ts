import { describe, expect, it } from 'vitest';
import type { SizedRun } from '../disk-level/measure.ts';
import { diskLevelMarkdown, diskLevelReport } from './disk-level-report.ts';

const context = {
  takenAt: '2026-11-21T00:00:00.000Z',
  machine: { cpu: 'a cpu', cores: 2, memoryMiB: 4096, kernel: '6', node: 'v26' },
  loadAverage: 0.1,
};
const nothing = { work: [], restarts: [], kills: [], faults: [] };
const run = (name: SizedRun['name'], loopP99Ms: number, idleLoopP99Ms: number): SizedRun => ({
  name,
  bytes: 1_000,
  entries: 10,
  setsASecond: 1,
  hitsASecond: 2,
  missesASecond: 3,
  invalidateMs: 4,
  idleLoopP99Ms,
  loopP99Ms,
  loopMaxMs: 5,
  operationP50Ms: 6,
  operationP99Ms: 7,
  cpuShare: 0.1,
  evictingSetsASecond: undefined,
  givenUp: 0,
  residentMiB: 8,
  diskRatio: 1,
});

describe('the report of the disk-level benchmark', () => {
  it('promises for what was chosen, beyond what the same loop costs with no store', () => {
    const of = (loopP99Ms: number, idle: number): boolean[] =>
      diskLevelReport(
        { ...nothing, work: [run('sqlite-thread', loopP99Ms, idle), run('lmdb', 99, 0)] },
        [],
        context,
      ).reaches.map(({ reached }) => reached);
    expect([of(5, 3), of(5.1, 3), of(1, 3)]).toEqual([
      [true, true],
      [false, true],
      [true, true],
    ]);
  });

  it('counts every way in which something was wrong after a kill', () => {
    const kills = { name: 'sqlite-thread', kills: 8, openMs: 1, found: 9, diskRatio: 1 } as const;
    const [reach] = diskLevelReport(
      { ...nothing, kills: [{ ...kills, failedToOpen: 1, wrong: 2, unreadable: 4 }] },
      [],
      context,
    ).reaches;
    expect(reach).toMatchObject({ value: 7, reached: false });
  });

  it('says what a disk did to a process, what was not measured, and that the machine was not quiet', () => {
    const faults = [{ name: 'lmdb', full: undefined, fullDied: 'SIGABRT', cut: undefined, cutDied: 'SIGBUS' }] as const;
    const report = diskLevelReport({ ...nothing, faults: [...faults] }, ['cacache'], { ...context, loadAverage: 3 });
    const page = diskLevelMarkdown(report);
    expect(page).toContain('| lmdb | **SIGABRT** |');
    expect(page).toContain('| lmdb | **ends: SIGBUS** |');
    expect(page).toContain('Not measured, since bench/peers does not have them: cacache.');
    expect(page).toContain('**not quiet**');
  });
});
