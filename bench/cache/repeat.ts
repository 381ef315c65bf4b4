import { systemClock } from '@mcp-cluster/kernel';

/** A clock is looked at once in so many questions: looking costs as much as a hit. */
const BETWEEN_LOOKS = 1_000;

/** Time and CPU of what was done meanwhile. */
export interface Spent {
  questions: number;
  milliseconds: number;
  cpuMicros: number;
}

export async function spend(work: () => Promise<number>): Promise<Spent> {
  const cpu = process.cpuUsage();
  const from = systemClock.monotonic();
  const questions = await work();
  const milliseconds = systemClock.monotonic() - from;
  const { user, system } = process.cpuUsage(cpu);
  return { questions, milliseconds, cpuMicros: user + system };
}

/** Asks one question after the other for so long. @returns how many */
export async function askFor(milliseconds: number, ask: (at: number) => string | Promise<string>): Promise<number> {
  const until = systemClock.monotonic() + milliseconds;
  let asked = 0;
  let characters = 0;
  do {
    for (let end = asked + BETWEEN_LOOKS; asked < end; asked += 1) {
      const answer = ask(asked);
      // Who answers at once is not made to wait.
      characters += (typeof answer === 'string' ? answer : await answer).length;
    }
  } while (systemClock.monotonic() < until);
  if (characters === 0) throw new Error('nothing was answered');
  return asked;
}

/** Asks so many questions, some of them at the same time. */
export async function askAll(
  count: number,
  inFlight: number,
  ask: (at: number) => string | Promise<string>,
): Promise<number> {
  let next = 0;
  const walk = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += 1;
      await ask(at);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, walk));
  return count;
}
