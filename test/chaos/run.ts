/**
 * `npm run test:chaos [-- --long] [--seed N] [--only 1,2,5] [--repeat N] [--publish]`: faults against a real cluster, and
 * what its clients saw of them. Prints a table and writes reports/chaos.json; see docs/reliability.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomInt, systemClock, systemRng } from '@mcp-cluster/kernel';
import { ROOT } from '../support/running.mjs';
import { EXPERIMENTS, LEFT_TO_LATER } from './experiments/catalogue.ts';
import type { Experiment } from './experiment.ts';
import { Laboratory } from './lab.ts';
import { readOptions, type ChaosOptions } from './options.ts';
import { publish } from './report/publish.ts';
import { reportOf, type ExperimentReport, type Repetition } from './report/report.ts';
import { terminalTable } from './report/tables.ts';
import { machineMs, within } from './workloads/time.ts';

/** In CI everything has to run: what is left out there has failed. */
const CI = process.env['CI'] === 'true';
/** A run that takes longer hangs, and is a failure; the long sizes take up to five minutes. */
const LIMIT_MS = { short: 120_000, long: 600_000 };

async function repetition({ id, run }: Experiment, seed: number, long: boolean): Promise<Repetition> {
  const lab = new Laboratory(id, seed, long);
  const started = machineMs();
  const seconds = (): number => Number(((machineMs() - started) / 1_000).toFixed(1));
  try {
    const claims = await within(long ? LIMIT_MS.long : LIMIT_MS.short, `experiment ${id}`, run(lab));
    return { seed, seconds: seconds(), claims, notes: lab.notes };
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const notes = { ...lab.notes, lastWords: lab.lastWords().slice(-8_000) };
    return { seed, seconds: seconds(), claims: [], error: told, notes };
  } finally {
    await lab.end();
  }
}

/**
 * In the short round an experiment of which only times were over their limits is performed once more: a machine that was
 * busy with something else for a second is no defect. What was lost, doubled or mixed up is never excused.
 */
async function performed(experiment: Experiment, options: ChaosOptions): Promise<ExperimentReport> {
  const report = await perform(experiment, options);
  const failed = report.measured.filter(({ ok }) => !ok);
  const late = failed.length > 0 && failed.every(({ expected }) => expected.endsWith(' ms'));
  if (!late || options.long) return report;
  console.log('  only times were over their limits: once more');
  return perform(experiment, { ...options, seed: options.seed + options.repeat });
}

async function perform(experiment: Experiment, options: ChaosOptions): Promise<ExperimentReport> {
  const details: Repetition[] = [];
  for (let turn = 0; turn < options.repeat; turn += 1) {
    const seed = options.seed + turn;
    console.log(`\n${experiment.id}: ${experiment.title} (seed ${seed})`);
    details.push(await repetition(experiment, seed, options.long));
  }
  const report = reportOf(experiment, details);
  for (const { what, expected, measured, ok } of report.measured)
    console.log(`  ${ok ? 'ok  ' : 'FAIL'}  ${what}: ${measured}, expected ${expected}`);
  if (!report.ok)
    for (const { seed, notes } of details) console.log(`  seed ${seed}: ${JSON.stringify(notes, null, 2)}`);
  return report;
}

/** What is not there must not look like what is. */
function leaveOut(what: string, reason: string): void {
  const line = `LEFT OUT: ${what} — because ${reason}`;
  const rule = '='.repeat(Math.min(line.length, 120));
  console.log(`\n${rule}\n${line}\n${rule}`);
}

async function main(): Promise<number> {
  const known = EXPERIMENTS.map(({ id }) => id);
  const options = readOptions(process.argv.slice(2), known, randomInt(systemRng, 2 ** 31 - 1) + 1);
  const wanted = EXPERIMENTS.filter(({ id }) => options.only.length === 0 || options.only.includes(id));
  const reports: ExperimentReport[] = [];
  const left: string[] = [];
  for (const experiment of wanted) {
    const missing = experiment.missing?.();
    if (missing === undefined) reports.push(await performed(experiment, options));
    else {
      leaveOut(`experiment ${experiment.id}`, missing);
      left.push(experiment.id);
    }
  }
  for (const { id, reason } of options.only.length === 0 ? LEFT_TO_LATER : [])
    console.log(`\nNot part of the suite yet: experiment ${id}: ${reason}`);
  console.log(`\n${terminalTable(reports)}`);
  const claims = reports.flatMap(({ measured }) => measured);
  const failed = claims.filter(({ ok }) => !ok).length + (CI ? left.length : 0);
  const counts = { passed: claims.filter(({ ok }) => ok).length, failed, skipped: CI ? 0 : left.length };
  const round = options.long ? 'long' : 'short';
  const takenAt = new Date(systemClock.now()).toISOString();
  // The counts stand at the top, where the runner of all parts reads them.
  const report = { ...counts, round, seed: options.seed, takenAt, left, experiments: reports };
  const path = process.env['REPORT_FILE'] ?? join(ROOT, 'reports', 'chaos.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  if (options.publish) await publish(report);
  console.log(`\nchaos: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} left out`);
  return failed === 0 && counts.passed > 0 ? 0 : 1;
}

// Not left to the end of the event loop: Node 26.10 spins in its own clean-up over sockets that were reset.
process.exit(await main());
