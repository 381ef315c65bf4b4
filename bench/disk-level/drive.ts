import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContestantName } from './contestant.ts';
import type { SubjectJob } from './subject.ts';

/** What became of a subject's process. */
export interface Ended<T> {
  readonly result: T | undefined;
  /** The signal that ended it, or what it printed as it failed. */
  readonly died: string | undefined;
}

/** A job takes a minute at most where the disk is in order; one that hangs is ended. */
const LONGEST_MS = 300_000;

export async function runSubject<T>(name: ContestantName, job: SubjectJob): Promise<Ended<T>> {
  const child = start(name, job);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(late);
  if (code === 0) return { result: JSON.parse(out.trim().split('\n').at(-1) ?? '') as T, died: undefined };
  return { result: undefined, died: signal ?? /^\w*Error.*$/m.exec(err)?.[0] ?? `exit ${String(code)}` };
}

/** As runSubject, for work that has to succeed. */
export async function mustRun<T>(name: ContestantName, job: SubjectJob): Promise<T> {
  const { result, died } = await runSubject<T>(name, job);
  if (result === undefined) throw new Error(`${name}: ${job.do}: ${died ?? 'nothing'}`);
  return result;
}

/** Starts a job, waits for its first word, and kills it so much later. */
export async function killSubject(name: ContestantName, job: SubjectJob, afterMs: number): Promise<void> {
  const child = start(name, job);
  await once(child.stdout, 'data');
  await wait(afterMs);
  child.kill('SIGKILL');
  await once(child, 'close');
}

function start(name: ContestantName, job: SubjectJob) {
  return spawn(process.execPath, [join(import.meta.dirname, 'subject.ts'), name, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
}
