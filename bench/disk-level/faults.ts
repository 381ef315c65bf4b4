import { errorCode, systemClock } from '@mcp-cluster/kernel';
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { OpenContestant } from './contestant.ts';
import { bytesMaker, idOf, isWhole, tagsOf } from './work.ts';

export const FAULT_BYTES = 20_000;
/** A store that is read again by whoever comes next. */
const ENTRIES = 2_000;

/** Sets entries for ever; says so once it has begun. */
export async function writeForEver(open: OpenContestant, directory: string, maxBytes: number): Promise<void> {
  const store = await open(directory, maxBytes);
  const bytesOf = bytesMaker(FAULT_BYTES);
  process.stdout.write('writing\n');
  for (let at = 0; ; at += 4)
    await Promise.all(
      [0, 1, 2, 3].map((more) => store.set(idOf((at + more) % ENTRIES), tagsOf(at), bytesOf((at + more) % ENTRIES))),
    );
}

export interface CheckRun {
  openMs: number;
  found: number;
  wrong: number;
  unreadable: number;
}

/** Opens what another process has left, and reads all of it. */
export async function check(open: OpenContestant, directory: string, maxBytes: number): Promise<CheckRun> {
  const began = systemClock.monotonic();
  const store = await open(directory, maxBytes);
  await store.get(idOf(0));
  const run = { openMs: systemClock.monotonic() - began, found: 0, wrong: 0, unreadable: 0 };
  for (let at = 0; at < ENTRIES; at += 1) {
    const bytes = await store.get(idOf(at)).catch(() => 'unreadable' as const);
    if (bytes === 'unreadable') run.unreadable += 1;
    else if (bytes !== undefined) run[isWhole(bytes, at, FAULT_BYTES) ? 'found' : 'wrong'] += 1;
  }
  await store.close();
  return run;
}

export interface FullRun {
  /** Sets that were taken before the disk was full. */
  taken: number;
  firstError: string;
  /** Of what was taken: could it be read while the disk was full? */
  readableMeanwhile: number;
  wrong: number;
  /** Whether a set was taken again within five seconds after there was room, in the same process. */
  worksAgain: boolean;
}

/** Fills a small disk with entries, then with somebody else's file as well; then gives room. */
export async function fullDisk(open: OpenContestant, directory: string): Promise<FullRun> {
  const ballast = join(directory, '../ballast');
  writeFileSync(ballast, new Uint8Array(20_000_000));
  const store = await open(directory, 1_000_000_000);
  const bytesOf = bytesMaker(FAULT_BYTES);
  const run: FullRun = { taken: 0, firstError: 'none', readableMeanwhile: 0, wrong: 0, worksAgain: false };
  for (let at = 0; run.firstError === 'none' && at < 10_000; at += 1)
    await store.set(idOf(at), tagsOf(at), bytesOf(at)).then(
      () => (run.taken += 1),
      (error: unknown) => (run.firstError = errorCode(error) ?? String(error).slice(0, 80)),
    );
  for (let at = 0; at < run.taken; at += 1) {
    const bytes = await store.get(idOf(at)).catch(() => undefined);
    if (bytes === undefined) continue;
    run.readableMeanwhile += 1;
    if (!isWhole(bytes, at, FAULT_BYTES)) run.wrong += 1;
  }
  rmSync(ballast);
  for (let tries = 0; tries < 50 && !run.worksAgain; tries += 1) {
    await wait(100);
    run.worksAgain = await store.set(idOf(1), tagsOf(1), bytesOf(1)).catch(() => false);
  }
  return run;
}

/** Cuts every file of an open store short, as a file system does that loses them: reading beyond is then an I/O error. */
export async function cutShort(open: OpenContestant, directory: string): Promise<CheckRun> {
  const store = await open(directory, 1_000_000_000);
  const bytesOf = bytesMaker(FAULT_BYTES);
  for (let at = 0; at < ENTRIES; at += 1) await store.set(idOf(at), tagsOf(at), bytesOf(at));
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (statSync(path).isFile()) truncateSync(path, Math.floor(statSync(path).size / 2));
  }
  const run = { openMs: 0, found: 0, wrong: 0, unreadable: 0 };
  for (let at = 0; at < ENTRIES; at += 1) {
    const bytes = await store.get(idOf(at)).catch(() => 'unreadable' as const);
    if (bytes === 'unreadable') run.unreadable += 1;
    else if (bytes !== undefined) run[isWhole(bytes, at, FAULT_BYTES) ? 'found' : 'wrong'] += 1;
  }
  return run;
}
