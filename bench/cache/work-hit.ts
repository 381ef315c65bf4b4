import type { Contestant } from './contestant.ts';
import { L1_ENTRIES, QUESTIONS, type Found, type Task } from './plan.ts';
import { answer, question } from './questions.ts';
import { askFor, spend } from './repeat.ts';

/** Everything is in the first level; only looking it up is measured. */
export async function workHit(contestant: Contestant, task: Task): Promise<Found> {
  const keying = task.work === 'hit-hashed' ? 'hash' : 'text';
  const cache = await contestant.open({ redisPort: task.redisPort, l1Entries: L1_ENTRIES, keying, process: '1' });
  const questions = Array.from({ length: QUESTIONS }, (_, at) => question(at));
  const answers = questions.map((_, at) => answer(at, task.size));
  let loads = 0;
  const load = (): Promise<string> => {
    loads += 1;
    return Promise.reject(new Error('a load although the answer is kept'));
  };
  for (const [at, args] of questions.entries())
    await cache.ask(cache.key(args), () => Promise.resolve(answers[at] ?? ''));
  for (const [at, args] of questions.entries()) {
    if ((await cache.ask(cache.key(args), load)) !== answers[at]) throw new Error(`${task.contestant}: a wrong answer`);
  }
  const keys = questions.map((args) => cache.key(args));
  const ask =
    task.work === 'hit-prepared'
      ? (at: number) => cache.ask(keys[at % QUESTIONS], load)
      : (at: number) => cache.ask(cache.key(questions[at % QUESTIONS] ?? {}), load);
  await askFor(task.milliseconds / 3, ask);
  const { questions: asked, milliseconds, cpuMicros } = await spend(() => askFor(task.milliseconds, ask));
  await cache.close();
  return { perSecond: (asked / milliseconds) * 1_000, cpuMicros: cpuMicros / asked, loads };
}
