import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SERVER_CORE } from '../harness/machine.ts';
import { PROCESSES, type Disturbed, type Found, type Task } from './plan.ts';
import { summary, type Stampede } from './work-stampede.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** A work takes seconds; who takes longer than this hangs. */
const MOST_MS = 120_000;

/** Does one work in a process of its own, on the core of what is measured. */
export async function runTask(task: Task): Promise<Found | Disturbed> {
  if (task.work === 'cluster') return runCluster(task);
  const child = start(task);
  return (await next(child)) as Found | Disturbed;
}

/** Several processes that share the Redis, all on one core, have the callers of each stampede among them. */
async function runCluster(task: Task): Promise<Found> {
  const children = Array.from({ length: PROCESSES }, (_, at) => start(task, String(at)));
  try {
    await Promise.all(children.map(next));
    const rounds: Stampede[] = [];
    for (let round = 0; round < task.rounds + 2; round += 1) {
      const found = Promise.all(children.map(next)) as Promise<Stampede[]>;
      for (const child of children) child.send(round);
      const parts = await found;
      const sum = (of: 'loads' | 'cpuMicros'): number => parts.reduce((total, part) => total + part[of], 0);
      const milliseconds = Math.max(...parts.map((part) => part.milliseconds));
      // The first two compile what the others run.
      if (round >= 2) rounds.push({ loads: sum('loads'), cpuMicros: sum('cpuMicros'), milliseconds });
    }
    return summary(rounds);
  } finally {
    for (const child of children) if (child.connected) child.send(-1);
  }
}

function start(task: Task, ...more: string[]): ChildProcess {
  return spawn('taskset', ['-c', String(SERVER_CORE), process.execPath, WORKER, JSON.stringify(task), ...more], {
    env: { NODE_ENV: 'production', PATH: process.env['PATH'] },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** The next thing that it says. @throws when it ends without a word, or is silent for too long */
async function next(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const timer = setTimeout(() => child.kill('SIGKILL'), MOST_MS);
  try {
    const ended = once(child, 'exit', { signal: over.signal }).then(([code, signal]) => {
      throw new Error(`a process of the benchmark ended with ${String(code ?? signal)}`);
    });
    const [said] = (await Promise.race([once(child, 'message', { signal: over.signal }), ended])) as [unknown];
    return said;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
