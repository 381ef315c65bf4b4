/**
 * `npm run bench -- cache [--quick] [--only hit,l2] [--seconds N] [--repeats N]`: our cache, its peers and a bare map of entries, the same
 * questions for each, one after the other in processes of their own. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { startRedis } from '@mcp-cluster/testkit/redis';
import { contestants } from './cache/contestants.ts';
import { installPeers, peerVersion } from './cache/peers.ts';
import { sizesOf, WORKS, type Disturbed, type Found, type Task, type WorkName } from './cache/plan.ts';
import { runTask } from './cache/workers.ts';
import { describeMachine, installedVersion, prepareMachine } from './harness/machine.ts';
import { readOptions, selected } from './harness/options.ts';
import { cacheMarkdown } from './report/cache-page.ts';
import { cacheReport, type MeasuredCache, type SkippedCache } from './report/cache-report.ts';
import { writeReport } from './report/write-report.ts';

const LENGTHS = {
  full: { seconds: 1, warmup: 0, repeats: 5 },
  quick: { seconds: 1, warmup: 0, repeats: 1 },
};
/** Enough for some seconds, and little enough that Redis keeps all of it: 200 MB with the largest answers. */
const MISSES = { small: 20_000, large: 4_000 };
const LARGE = 10_000;
const MOST_TRIES = 5;

const options = readOptions(undefined, LENGTHS);
prepareMachine();
installPeers();
const takenAt = new Date(systemClock.now()).toISOString();
const works = selected(
  WORKS.map((name) => ({ name })),
  options.only,
).map(({ name }) => name);
const rounds = options.repeats === 1 ? 5 : 20;
const redis = await startRedis();

const measured: MeasuredCache[] = [];
const skipped: SkippedCache[] = [];
try {
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    for (const work of works) for (const size of sizesOf(work)) await measureAll(repeat, work, size);
  }
} finally {
  await redis.stop();
}

const report = cacheReport(measured, skipped, {
  takenAt,
  machine: describeMachine(),
  settings: { seconds: options.seconds, repeats: options.repeats },
  versions: {
    bentocache: peerVersion('bentocache'),
    cacheable: peerVersion('cacheable'),
    'lru-cache': installedVersion('lru-cache'),
  },
  contestants: contestants().map(({ name, title, configured }) => ({ name, title, configured })),
});
writeReport('cache', report, cacheMarkdown(report), options.trial);

/** All that can do this work, one after the other: what disturbs the machine for a minute disturbs all of them. */
async function measureAll(repeat: number, work: WorkName, size: number): Promise<void> {
  for (const { name, of, works: can } of contestants()) {
    if (!can.includes(work) || skipped.some((row) => isOf(row, work, size, name))) continue;
    const task: Task = {
      contestant: name,
      work,
      size,
      redisPort: redis.port,
      milliseconds: options.seconds * 1_000,
      misses: (size > LARGE ? MISSES.large : MISSES.small) / (options.repeats === 1 ? 4 : 1),
      rounds,
    };
    const found = await undisturbed(task);
    if ('disturbed' in found) {
      skipped.push({ work, size, name, why: found.disturbed });
      continue;
    }
    console.log(`${String(repeat)}/${String(options.repeats)} ${work} ${String(size)} B ${name}: ${told(found)}`);
    const row = measured.find((each) => isOf(each, work, size, name));
    if (row === undefined) measured.push({ work, size, name, of, runs: [found] });
    else row.runs.push(found);
  }
}

/** Each try has an empty Redis, with the memory of a fresh one. @returns what disturbed it when the machine is too busy for each try */
async function undisturbed(task: Task): Promise<Found | Disturbed> {
  for (let tries = 1; ; tries += 1) {
    await redis.restart();
    const found = await runTask(task);
    if (!('disturbed' in found)) return found;
    console.log(`DISTURBED ${task.work} ${String(task.size)} B ${task.contestant}: ${found.disturbed}`);
    if (tries === MOST_TRIES) return found;
  }
}

function isOf(row: Pick<MeasuredCache, 'work' | 'size' | 'name'>, work: WorkName, size: number, name: string): boolean {
  return row.work === work && row.size === size && row.name === name;
}

function told({ perSecond, cpuMicros, loads }: Found): string {
  return `${perSecond.toFixed(0)}/s, ${cpuMicros.toFixed(2)} µs CPU, loads ${String(loads)}`;
}
