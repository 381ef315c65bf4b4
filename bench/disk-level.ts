/**
 * `npm run bench -- disk-level [--quick] [--only sqlite-thread,files,…]`: which store the third level of the cache is on, and
 * why. See docs/benchmarks/README.md. lmdb and cacache are measured where bench/peers is installed.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { CONTESTANTS } from './disk-level/contestant.ts';
import { measureFaults, measureKills, measureRestart, measureWork } from './disk-level/measure.ts';
import { describeMachine, ROOT } from './harness/machine.ts';
import { readOptions, selected } from './harness/options.ts';
import { diskLevelMarkdown, diskLevelReport, type DiskLevelMeasured } from './report/disk-level-report.ts';
import { writeReport } from './report/write-report.ts';

const options = readOptions();
const quick = options.trial && options.only.length === 0;
const here = CONTESTANTS.filter(
  (name) => (name !== 'lmdb' && name !== 'cacache') || existsSync(join(ROOT, 'bench/peers/node_modules', name)),
);
const names = selected(here.map((name) => ({ name })), options.only).map(({ name }) => name); // prettier-ignore

const pacedSeconds = quick ? 2 : 5;
const operations = quick ? 300 : 2_000;
/** The largest are as many as fill the level, and some more, to see what making room costs. */
const SIZES = [
  { bytes: 1_000, plan: { entries: quick ? 500 : 10_000, operations, pacedSeconds, beyond: 0 } },
  { bytes: 20_000, plan: { entries: quick ? 500 : 10_000, operations, pacedSeconds, beyond: 0 } },
  {
    bytes: 500_000,
    plan: { entries: quick ? 100 : 1_800, operations: operations / 4, pacedSeconds, beyond: quick ? 0 : 400 },
  },
];

const loadAverage = loadavg()[0] ?? Number.NaN;
const takenAt = new Date(systemClock.now()).toISOString();
const measured: DiskLevelMeasured = { work: [], restarts: [], kills: [], faults: [] };
for (const { bytes, plan } of SIZES)
  for (const name of names) {
    console.log(`${name}: entries of ${String(bytes)} bytes`);
    measured.work.push(await measureWork(name, bytes, plan));
  }
for (const name of names) {
  console.log(`${name}: restart, kills, a full disk`);
  measured.restarts.push(await measureRestart(name, quick ? 1_000 : 45_000));
  measured.kills.push(await measureKills(name, quick ? 2 : 8));
  measured.faults.push(await measureFaults(name));
}
const missing = CONTESTANTS.filter((name) => !here.includes(name));
const report = diskLevelReport(measured, missing, { takenAt, machine: describeMachine(), loadAverage });
writeReport('disk-level', report, diskLevelMarkdown(report), options.trial);
