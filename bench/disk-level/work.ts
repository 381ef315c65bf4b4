import { errorCode, systemClock } from '@mcp-cluster/kernel';
import { randomFillSync } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Contestant, OpenContestant } from './contestant.ts';

export interface WorkJob {
  readonly directory: string;
  readonly maxBytes: number;
  readonly bytes: number;
  readonly entries: number;
  /** Operations of each measured kind. */
  readonly operations: number;
  readonly pacedSeconds: number;
  /** Sets after the bound was reached; 0 where it is not. */
  readonly beyond: number;
}

export interface WorkRun {
  setsASecond: number;
  hitsASecond: number;
  missesASecond: number;
  /** One tag of a hundredth of the entries. */
  invalidateMs: number;
  /** The same loop with no store behind it, right before: what the machine and making the bytes cost. */
  idleLoopP99Ms: number;
  /** At 200 operations a second, one in five of them a set. */
  loopP99Ms: number;
  loopMaxMs: number;
  operationP50Ms: number;
  operationP99Ms: number;
  cpuShare: number;
  evictingSetsASecond: number | undefined;
  /** Operations that were given up by the store (ours: after 250 ms); a set is tried again, a get is a miss. */
  givenUp: number;
  residentMiB: number;
}

/** As many callers as a node has that miss at the same moment. */
const CALLERS = 8;
const TAGS = 100;
const GIVEN_UP: ReadonlySet<string | undefined> = new Set(['disk_failing', 'disk_busy']);
const PACE = 200;

export async function work(open: OpenContestant, job: WorkJob): Promise<WorkRun> {
  const store = await open(job.directory, job.maxBytes);
  const bytesOf = bytesMaker(job.bytes);
  let givenUp = 0;
  const giveUp = (error: unknown): undefined => {
    if (!GIVEN_UP.has(errorCode(error))) throw error;
    givenUp += 1;
  };
  const set = async (at: number): Promise<void> => {
    for (;;) {
      const taken = await store.set(idOf(at), tagsOf(at), bytesOf(at)).catch(giveUp);
      if (taken === true) return;
      if (taken === false) throw new Error(`entry ${String(at)} was refused`);
      await wait(50);
    }
  };
  const get = (id: string): Promise<Uint8Array | undefined> => store.get(id).catch(giveUp);
  const make = (at: number): Promise<void> => {
    bytesOf(at);
    return Promise.resolve();
  };
  const setsASecond = await rate(job.entries, set);
  const hit = (at: number): Promise<void> => expectHit(get, (at * 7_919) % job.entries, job.bytes);
  await rate(Math.min(200, job.operations), hit);
  const hitsASecond = await rate(job.operations, hit);
  const missesASecond = await rate(job.operations, async (at) => {
    if ((await get(idOf(1e9 + at))) !== undefined) throw new Error('a hit where nothing is');
  });
  const { loopP99Ms: idleLoopP99Ms } = await pacedWork(job, { get: () => Promise.resolve(undefined), set: make });
  const paced = await pacedWork(job, { get, set });
  const evictingSetsASecond = job.beyond === 0 ? undefined : await rate(job.beyond, (at) => set(2 * job.entries + at));
  const residentMiB = process.memoryUsage.rss() / 1024 ** 2;
  const began = systemClock.monotonic();
  for (let tag = 0; tag < 20; tag += 1) await store.invalidate(`tag-${String(tag)}`);
  const invalidateMs = (systemClock.monotonic() - began) / 20;
  if ((await get(idOf(TAGS))) !== undefined) throw new Error('an entry is there that was invalidated');
  await store.close();
  return {
    setsASecond,
    hitsASecond,
    missesASecond,
    idleLoopP99Ms,
    ...paced,
    evictingSetsASecond,
    givenUp,
    residentMiB,
    invalidateMs,
  };
}

export const idOf = (at: number): string => `entry-of-the-benchmark-with-43-chars-${String(at).padStart(7, '0')}`;
export const tagsOf = (at: number): string[] => ['everything', `tag-${String(at % TAGS)}`, idOf(at)];

/** Bytes that nothing compresses, with the entry's number at their start. */
export function bytesMaker(length: number): (at: number) => Uint8Array {
  const bytes = Buffer.alloc(length);
  randomFillSync(bytes);
  return (at) => {
    const own = Buffer.from(bytes);
    own.writeUInt32LE(at, 0);
    own.writeUInt32LE(at, length - 4);
    return own;
  };
}

/** Whether these are the bytes of this entry, as far as its two ends say. */
export function isWhole(bytes: Uint8Array, at: number, length: number): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.length === length && view.readUInt32LE(0) === at && view.readUInt32LE(length - 4) === at;
}

async function expectHit(get: Contestant['get'], at: number, length: number): Promise<void> {
  const bytes = await get(idOf(at));
  if (bytes !== undefined && !isWhole(bytes, at, length)) throw new Error(`entry ${String(at)}: not what was set`);
}

async function rate(operations: number, one: (at: number) => Promise<void>): Promise<number> {
  const began = systemClock.monotonic();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < operations) await one(next++);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return operations / ((systemClock.monotonic() - began) / 1_000);
}

/** An open loop: an operation is begun when it is due, whatever the ones before it do. */
async function pacedWork(
  job: WorkJob,
  { get, set }: Pick<Contestant, 'get'> & { set: (at: number) => Promise<void> },
): Promise<Pick<WorkRun, 'loopP99Ms' | 'loopMaxMs' | 'operationP50Ms' | 'operationP99Ms' | 'cpuShare'>> {
  const took: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const running: Promise<void>[] = [];
  const operations = job.pacedSeconds * PACE;
  const cpu = process.cpuUsage();
  const began = systemClock.monotonic();
  delay.enable();
  for (let at = 0; at < operations; at += 1) {
    const due = began + (at * 1_000) / PACE;
    await wait(Math.max(0, due - systemClock.monotonic()));
    // A timer may come a moment early.
    const from = Math.min(due, systemClock.monotonic());
    const operation = at % 5 === 0 ? set(job.entries + at) : get(idOf((at * 104_729) % job.entries));
    running.push(operation.then(() => void took.push(systemClock.monotonic() - from)));
  }
  await Promise.all(running);
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  took.sort((a, b) => a - b);
  const quantile = (part: number): number => took[Math.floor(took.length * part)] ?? Number.NaN;
  return {
    // What a quiet loop shows is the resolution itself.
    loopP99Ms: delay.percentile(99) / 1e6 - 1,
    loopMaxMs: delay.max / 1e6 - 1,
    operationP50Ms: quantile(0.5),
    operationP99Ms: quantile(0.99),
    cpuShare: (user + system) / 1_000 / (systemClock.monotonic() - began),
  };
}
