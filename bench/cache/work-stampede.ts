import { sleep, systemClock } from '@mcp-cluster/kernel';
import type { Contestant, OpenCache } from './contestant.ts';
import { CALLERS, L1_ENTRIES, LOAD_MS, PROCESSES, type Found, type Task } from './plan.ts';
import { answer, question } from './questions.ts';
import { spend } from './repeat.ts';

/** What one process saw of one stampede. */
export interface Stampede {
  loads: number;
  milliseconds: number;
  cpuMicros: number;
}

export function openForStampede(contestant: Contestant, task: Task, process: string): Promise<OpenCache> {
  return contestant.open({ redisPort: task.redisPort, l1Entries: L1_ENTRIES, keying: 'text', process });
}

/** So many callers at once ask what nobody has asked before. */
export async function stampede(cache: OpenCache, round: number, callers: number, size: number): Promise<Stampede> {
  const expected = answer(round, size);
  let loads = 0;
  const load = async (): Promise<string> => {
    loads += 1;
    await sleep(systemClock, LOAD_MS);
    return expected;
  };
  const spent = await spend(async () => {
    const answers = await Promise.all(
      Array.from({ length: callers }, async () => cache.ask(cache.key(question(round)), load)),
    );
    if (answers.some((text) => text !== expected)) throw new Error('a wrong answer');
    return callers;
  });
  return { loads, milliseconds: spent.milliseconds, cpuMicros: spent.cpuMicros };
}

/** One process has all the callers. */
export async function workStampede(contestant: Contestant, task: Task): Promise<Found> {
  const cache = await openForStampede(contestant, task, '1');
  // The first two compile what the others run.
  await stampede(cache, 0, CALLERS, task.size);
  await stampede(cache, 1, CALLERS, task.size);
  const rounds: Stampede[] = [];
  for (let round = 2; round < task.rounds + 2; round += 1)
    rounds.push(await stampede(cache, round, CALLERS, task.size));
  await cache.close();
  return summary(rounds);
}

/** The callers of one of the processes that share them. */
export function callersOf(process: number): number {
  return Math.floor((CALLERS + process) / PROCESSES);
}

/** @param rounds of all processes together */
export function summary(rounds: readonly Stampede[]): Found {
  const milliseconds = rounds.map((round) => round.milliseconds).sort((a, b) => a - b);
  const stampedeMs = milliseconds[Math.floor(milliseconds.length / 2)] ?? Number.NaN;
  const cpuMicros = rounds.reduce((sum, round) => sum + round.cpuMicros, 0) / rounds.length / CALLERS;
  return {
    perSecond: (CALLERS / stampedeMs) * 1_000,
    cpuMicros,
    loads: Math.max(...rounds.map(({ loads }) => loads)),
    stampedeMs,
  };
}
