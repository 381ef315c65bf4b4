import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContestantName } from './contestant.ts';
import { killSubject, mustRun, runSubject } from './drive.ts';
import type { CheckRun, FullRun } from './faults.ts';
import type { WorkRun } from './work.ts';

export const MAX_BYTES = 1_000_000_000;
/** What 200 ms of writing and a kill may leave behind is read by the next process. */
const KILL_AFTER_MS = [5, 20, 50, 90, 130, 170, 200, 240];

export interface SizedRun extends WorkRun {
  name: ContestantName;
  bytes: number;
  entries: number;
  /** Blocks that the file system gave, for each byte that was set and not dropped. */
  diskRatio: number;
}

export async function measureWork(
  name: ContestantName,
  bytes: number,
  plan: { entries: number; operations: number; pacedSeconds: number; beyond: number },
): Promise<SizedRun> {
  return inFolder(async (directory) => {
    const maxBytes = MAX_BYTES;
    const run = await mustRun<WorkRun>(name, { do: 'work', directory, maxBytes, bytes, ...plan });
    const held = Math.min(maxBytes, (plan.entries + plan.pacedSeconds * 40 + plan.beyond) * bytes);
    return { name, bytes, entries: plan.entries, ...run, diskRatio: diskBytes(directory) / held };
  });
}

export interface RestartRun {
  name: ContestantName;
  entries: number;
  openMs: number;
  residentMiB: number;
}

export async function measureRestart(name: ContestantName, entries: number): Promise<RestartRun> {
  return inFolder(async (directory) => {
    await mustRun(name, { do: 'fill', directory, maxBytes: MAX_BYTES, entries });
    // Written back and forgotten, where this may be done: a machine that starts has none of it in memory.
    spawnSync('sh', ['-c', 'sync; echo 3 > /proc/sys/vm/drop_caches'], { stdio: 'ignore' });
    const run = await mustRun<{ openMs: number; residentMiB: number }>(name, {
      do: 'open',
      directory,
      maxBytes: MAX_BYTES,
    });
    return { name, entries, ...run };
  });
}

export interface KillRun extends CheckRun {
  name: ContestantName;
  kills: number;
  failedToOpen: number;
  /** Bytes of files per byte found, at the end. */
  diskRatio: number;
}

export async function measureKills(name: ContestantName, kills: number): Promise<KillRun> {
  return inFolder(async (directory) => {
    const sum: KillRun = { name, kills, failedToOpen: 0, openMs: 0, found: 0, wrong: 0, unreadable: 0, diskRatio: 0 };
    let last = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const after = KILL_AFTER_MS[kill % KILL_AFTER_MS.length] ?? 100;
      await killSubject(name, { do: 'write', directory, maxBytes: MAX_BYTES }, after);
      const { result } = await runSubject<CheckRun>(name, { do: 'check', directory, maxBytes: MAX_BYTES });
      if (result === undefined) {
        sum.failedToOpen += 1;
        continue;
      }
      sum.openMs = Math.max(sum.openMs, result.openMs);
      sum.found += result.found;
      sum.wrong += result.wrong;
      sum.unreadable += result.unreadable;
      last = result.found;
    }
    sum.diskRatio = diskBytes(directory) / (last * 20_000);
    return sum;
  });
}

export interface FaultRun {
  name: ContestantName;
  /** Undefined where no small disk can be mounted. */
  full: FullRun | undefined;
  fullDied: string | undefined;
  cut: CheckRun | undefined;
  cutDied: string | undefined;
}

export async function measureFaults(name: ContestantName): Promise<FaultRun> {
  const cut = await inFolder((directory) => runSubject<CheckRun>(name, { do: 'cut', directory }));
  const full = await inFolder(async (directory) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory], { stdio: 'ignore' });
    if (mounted.status !== 0) return { result: undefined, died: 'not measured: no small disk can be mounted here' };
    try {
      mkdirSync(join(directory, 'level'));
      return await runSubject<FullRun>(name, { do: 'full', directory: join(directory, 'level') });
    } finally {
      spawnSync('umount', ['-l', directory], { stdio: 'ignore' });
    }
  });
  return { name, full: full.result, fullDied: full.died, cut: cut.result, cutDied: cut.died };
}

async function inFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-disk-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function diskBytes(directory: string): number {
  return Number(execFileSync('du', ['-s', '-B1', directory], { encoding: 'utf8' }).split('\t')[0]);
}
