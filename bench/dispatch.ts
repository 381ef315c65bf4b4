/**
 * `npm run bench -- dispatch [--quick] [--only a,b] [--seconds N] [--warmup N] [--repeats N]`: our node and its
 * peers, one after the other, each on a core of its own. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { describeMachine, prepareMachine } from './harness/machine.ts';
import { measureSubject, trySubject, type Run } from './harness/measure.ts';
import { readOptions, selected } from './harness/options.ts';
import { dispatchMarkdown, dispatchReport } from './report/dispatch-report.ts';
import { writeReport } from './report/write-report.ts';
import { dispatchSubjects } from './subjects/dispatch-subjects.ts';

const options = readOptions();
prepareMachine();
const takenAt = new Date(systemClock.now()).toISOString();
const all = selected(dispatchSubjects(), options.only);
const subjects = all.filter((subject) => 'command' in subject);
const skipped = all.filter((subject) => 'reason' in subject);
for (const { title, reason } of skipped) console.error(`SKIPPED ${title}: ${reason}`);

for (const subject of subjects) await trySubject(subject);

const runs = new Map<string, Run[]>(subjects.map(({ name }) => [name, []]));
for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
  for (const subject of subjects) {
    const run = await measureSubject(subject, options);
    runs.get(subject.name)?.push(run);
    console.log(
      `${String(repeat)}/${String(options.repeats)} ${subject.title}: ${run.requestsPerSecond.toFixed(0)}/s, ` +
        `p50 ${run.p50Ms.toFixed(2)} ms, p99 ${run.p99Ms.toFixed(1)} ms, ${run.cpuMicros.toFixed(0)} µs CPU, ` +
        `${run.rssMiB.toFixed(0)} MiB, cores ${run.serverShare.toFixed(2)} ${run.generatorShare.toFixed(2)}`,
    );
  }
}

const { seconds, warmup, repeats, connections } = options;
const measured = subjects.map(({ name, title }) => ({ name, title, runs: runs.get(name) ?? [] }));
const report = dispatchReport(measured, skipped, {
  takenAt,
  machine: describeMachine(),
  settings: { seconds, warmup, repeats, connections },
});
writeReport('dispatch', report, dispatchMarkdown(report), options.trial);
