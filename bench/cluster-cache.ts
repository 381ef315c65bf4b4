/**
 * `npm run bench -- cluster-cache [--quick] [--only zipf,reads] [--repeats N]`: what the cache brings a whole cluster: hits by
 * routing under a Zipf load, and cached answers beside `echo` at a thousand connections. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { startRedis } from '@mcp-cluster/testkit/redis';
import { measureReads, type ReadRun } from './cluster-cache/read-beside-echo.ts';
import { measureZipf, type ZipfRun } from './cluster-cache/zipf.ts';
import { describeMachine, prepareMachine } from './harness/machine.ts';
import { readOptions, selected } from './harness/options.ts';
import { clusterCacheMarkdown, clusterCacheReport } from './report/cluster-cache-report.ts';
import { writeReport } from './report/write-report.ts';

const options = readOptions(undefined, {
  full: { seconds: 8, warmup: 10, repeats: 3 },
  quick: { seconds: 2, warmup: 1, repeats: 1 },
});
prepareMachine();
const takenAt = new Date(systemClock.now()).toISOString();
/** Entries of each first level: what the product has, and small ones, where routing matters most. */
const ENTRIES = options.trial ? [20] : [20, 100, 1_000];
/** Enough that every key of the tail had its turn. */
const CALLS_PER_KEY = options.trial ? 5 : 8;

const redis = await startRedis();
const zipf: ZipfRun[] = [];
let reads: ReadRun[] = [];
const parts = [
  {
    name: 'zipf',
    run: async () => {
      for (const entries of ENTRIES)
        for (let repeat = 1; repeat <= (entries < 1_000 ? options.repeats : 1); repeat += 1)
          for (const routing of ['balanced', 'cache-aware'] as const) {
            const calls = Math.min(30_000, Math.max(5_000, CALLS_PER_KEY * 10 * entries));
            const run = await measureZipf({ entries, routing, warmup: calls, calls, seed: repeat }, redis.url);
            console.log(
              `${routing}, L1 of ${String(entries)}: ${run.l1HitRatio.toFixed(3)} hits, busiest ${run.busiest.toFixed(2)}`,
            );
            zipf.push(run);
          }
    },
  },
  {
    name: 'reads',
    run: async () => {
      reads = await measureReads(options, redis.url);
    },
  },
];
try {
  for (const { name, run } of selected(parts, options.only)) {
    console.log(`measuring ${name}`);
    await run();
  }
} finally {
  await redis.stop();
}
const report = clusterCacheReport({ zipf, reads }, { takenAt, machine: describeMachine() });
writeReport('cluster-cache', report, clusterCacheMarkdown(report), options.trial);
