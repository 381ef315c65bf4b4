import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { OpenLoopJob, OpenLoopReport } from '../load/open-loop.ts';
import { LOAD_CORE, ROOT } from './machine.ts';

/** Runs the open-loop load generator once. @throws when any answer was wrong */
export async function runOpenLoop(job: OpenLoopJob): Promise<OpenLoopReport> {
  const program = join(ROOT, 'bench/load/open-loop.ts');
  const child = spawn('taskset', ['-c', String(LOAD_CORE), process.execPath, program, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error('the load generator failed');
  const report = JSON.parse(output) as OpenLoopReport;
  if (report.wrong > 0) throw new Error(`${String(report.wrong)} answers were wrong, for example: ${report.sample}`);
  return report;
}
