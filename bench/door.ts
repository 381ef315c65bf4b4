/**
 * `npm run bench -- door [--quick] [--only a,b] [--rate N] [--seconds N] [--warmup N] [--repeats N]`: what the
 * manager adds to a call, and what it costs beside other proxies. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { describeMachine, prepareMachine } from './harness/machine.ts';
import { measureDoor, type DoorRun } from './harness/measure-door.ts';
import { readOptions, selected } from './harness/options.ts';
import { doorMarkdown, doorReport } from './report/door-report.ts';
import { writeReport } from './report/write-report.ts';
import { doorPaths } from './subjects/door-paths.ts';

const options = readOptions();
prepareMachine();
const takenAt = new Date(systemClock.now()).toISOString();
const all = selected(doorPaths(), options.only);
const paths = all.filter((path) => 'call' in path);
const skipped = all.filter((path) => 'reason' in path);
for (const { title, reason } of skipped) console.error(`SKIPPED ${title}: ${reason}`);

const runs = new Map<string, DoorRun[]>(paths.map(({ name }) => [name, []]));
for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
  for (const path of paths) {
    const run = await measureDoor(path, options);
    runs.get(path.name)?.push(run);
    console.log(
      `${String(repeat)}/${String(options.repeats)} ${path.title}: at ${String(options.rate)}/s p50 ${run.fixedP50Ms.toFixed(2)} ms, ` +
        `cores ${run.proxyCoreShare.toFixed(2)} ${run.loadCoreShare.toFixed(2)}; at most ${run.requestsPerSecond.toFixed(0)}/s, ` +
        `proxy ${run.proxyCpuMicros.toFixed(0)} µs CPU`,
    );
  }
}

const { seconds, warmup, repeats, connections, rate } = options;
const measured = paths.map(({ name, title }) => ({ name, title, runs: runs.get(name) ?? [] }));
const report = doorReport(measured, skipped, {
  takenAt,
  machine: describeMachine(),
  settings: { seconds, warmup, repeats, connections, rate },
});
writeReport('door', report, doorMarkdown(report), options.trial);
