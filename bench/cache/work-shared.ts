import { sleep, systemClock } from '@mcp-cluster/kernel';
import type { Contestant } from './contestant.ts';
import { IN_FLIGHT, L1_ENTRIES, QUESTIONS, type Disturbed, type Found, type Task } from './plan.ts';
import { answer, question } from './questions.ts';
import { countRedis, redisUse } from './redis-account.ts';
import { askAll, spend } from './repeat.ts';

/** Questions that are asked one after the other, to see how long one takes. */
const ALONE = 1_000;
/** Until what was loaded is in Redis. */
const KEPT_WITHIN_MS = 5_000;
const POLL_MS = 10;

const NOT_KEPT: Disturbed = { disturbed: 'not everything that was loaded is in Redis' };

/** Everything is in Redis, and the first level holds one entry: each question goes to Redis, and its answer up again. */
export async function workL2(contestant: Contestant, task: Task): Promise<Found | Disturbed> {
  const cache = await contestant.open({ redisPort: task.redisPort, l1Entries: 1, keying: 'text', process: '1' });
  const questions = Array.from({ length: QUESTIONS }, (_, at) => question(at));
  const answers = questions.map((_, at) => answer(at, task.size));
  let loads = 0;
  const load = (at: number) => (): Promise<string> => {
    loads += 1;
    return Promise.resolve(answers[at] ?? '');
  };
  const ask = async (at: number): Promise<string> => {
    const which = at % QUESTIONS;
    const text = await cache.ask(cache.key(questions[which] ?? {}), load(which));
    if (text !== answers[which]) throw new Error(`${task.contestant}: a wrong answer`);
    return text;
  };
  await askAll(QUESTIONS, 1, ask);
  if (!(await areKept(task.redisPort, QUESTIONS))) return NOT_KEPT;
  await askAll(2 * QUESTIONS, IN_FLIGHT, ask);
  loads = 0;
  const before = await countRedis(task.redisPort);
  const spent = await spend(async () => {
    const until = systemClock.monotonic() + task.milliseconds;
    let asked = 0;
    do asked += await askAll(QUESTIONS, IN_FLIGHT, ask);
    while (systemClock.monotonic() < until);
    return asked;
  });
  const redis = redisUse(before, await countRedis(task.redisPort), spent.questions);
  const times = await alone(ask);
  await cache.close();
  if (loads > 0) return { disturbed: `${String(loads)} answers were loaded although Redis had them` };
  return { ...rates(spent), loads, ...times, redis };
}

/** Each question is asked for the first time; its answer is at hand at once, and is kept in both levels. */
export async function workMiss(contestant: Contestant, task: Task): Promise<Found | Disturbed> {
  const cache = await contestant.open({
    redisPort: task.redisPort,
    l1Entries: L1_ENTRIES,
    keying: 'text',
    process: '1',
  });
  const answers = Array.from({ length: QUESTIONS }, (_, at) => answer(at, task.size));
  let loads = 0;
  const askNew = (from: number) => (at: number) =>
    cache.ask(cache.key(question(from + at)), () => {
      loads += 1;
      return Promise.resolve(answers[at % QUESTIONS] ?? '');
    });
  // A warm-up of other keys; the entries of both are there at the end.
  const warmUp = Math.ceil(task.misses / 4);
  await askAll(warmUp, IN_FLIGHT, askNew(task.misses));
  if (!(await areKept(task.redisPort, warmUp))) return NOT_KEPT;
  loads = 0;
  const before = await countRedis(task.redisPort);
  let answeredAfter = 0;
  const spent = await spend(async () => {
    const from = systemClock.monotonic();
    await askAll(task.misses, IN_FLIGHT, askNew(0));
    answeredAfter = systemClock.monotonic() - from;
    // Who answers before it is kept spends his CPU later: it counts all the same.
    return (await areKept(task.redisPort, warmUp + task.misses)) ? task.misses : 0;
  });
  if (spent.questions === 0) return NOT_KEPT;
  const redis = redisUse(before, await countRedis(task.redisPort), task.misses, task.misses);
  const times = await alone(async (at) => askNew(2 * task.misses)(at));
  await cache.close();
  return { ...rates({ ...spent, milliseconds: answeredAfter }), loads: loads - ALONE, ...times, redis };
}

function rates({ questions, milliseconds, cpuMicros }: { questions: number; milliseconds: number; cpuMicros: number }) {
  return { perSecond: (questions / milliseconds) * 1_000, cpuMicros: cpuMicros / questions };
}

async function alone(ask: (at: number) => Promise<string>): Promise<{ p50Micros: number; p99Micros: number }> {
  const times: number[] = [];
  for (let at = 0; at < ALONE; at += 1) {
    const from = systemClock.monotonic();
    await ask(at);
    times.push((systemClock.monotonic() - from) * 1_000);
  }
  times.sort((a, b) => a - b);
  return { p50Micros: times[ALONE / 2] ?? Number.NaN, p99Micros: times[ALONE * 0.99] ?? Number.NaN };
}

/** Waits until so many entries are there, and nothing that was only there while they were written. @returns whether they came */
async function areKept(redisPort: number, entries: number): Promise<boolean> {
  const deadline = systemClock.monotonic() + KEPT_WITHIN_MS;
  let before = -1;
  for (;;) {
    const { entries: there } = await countRedis(redisPort);
    if (there === before && (there >= entries || systemClock.monotonic() > deadline)) return there >= entries;
    before = there;
    await sleep(systemClock, POLL_MS);
  }
}
