import type { Flight } from '@mcp-cluster/protocol';
import { expect, it } from 'vitest';
import { SingleFlight, type Place } from './single-flight.js';

/** What can happen: one of three callers boards or leaves, once each; a load that runs succeeds or fails. */
type Step =
  | { readonly do: 'board'; readonly who: number }
  | { readonly do: 'leave'; readonly who: number }
  | { readonly do: 'succeed'; readonly load: number }
  | { readonly do: 'fail'; readonly load: number };

const CALLERS = 3;

/** What should be, told in other words: who waits for which load, and how each ended. */
interface Expected {
  readonly seats: (number | undefined)[];
  readonly boarded: boolean[];
  readonly left: boolean[];
  /** Left when it was over already: that changes nothing, also not who is named as a passenger. */
  readonly late: boolean[];
  /** Of each load: whether it runs, who is told its end, and whether it was abandoned. */
  readonly loads: { running: boolean; ended: 'succeed' | 'fail' | undefined; abandoned: boolean }[];
  current: number | undefined;
}

function nothingYet(): Expected {
  const all = <T>(value: T): T[] => Array.from({ length: CALLERS }, () => value);
  const [boarded, left, late] = [all(false), all(false), all(false)];
  return { seats: all(undefined), boarded, left, late, loads: [], current: undefined };
}

function copy(now: Expected): Expected {
  const { seats, boarded, left, late, loads, current } = now;
  return {
    seats: [...seats],
    boarded: [...boarded],
    left: [...left],
    late: [...late],
    loads: loads.map((load) => ({ ...load })),
    current,
  };
}

function possible(now: Expected): Step[] {
  const steps: Step[] = [];
  // Callers are alike: the next one to board is always the first who has not.
  const next = now.boarded.indexOf(false);
  if (next >= 0) steps.push({ do: 'board', who: next });
  now.boarded.forEach((boarded, who) => {
    if (boarded && !now.left[who]) steps.push({ do: 'leave', who });
  });
  now.loads.forEach((load, at) => {
    if (load.running) steps.push({ do: 'succeed', load: at }, { do: 'fail', load: at });
  });
  return steps;
}

function apply(now: Expected, step: Step): void {
  if (step.do === 'board') {
    now.boarded[step.who] = true;
    if (now.current === undefined) {
      now.loads.push({ running: true, ended: undefined, abandoned: false });
      now.current = now.loads.length - 1;
    }
    now.seats[step.who] = now.current;
  } else if (step.do === 'leave') {
    now.left[step.who] = true;
    const seat = now.seats[step.who];
    const load = now.loads[seat ?? -1];
    if (load?.running !== true) {
      now.late[step.who] = true;
      return;
    }
    if (load.abandoned) return;
    if (now.seats.some((other, who) => other === seat && !now.left[who])) return;
    load.abandoned = true;
    if (now.current === seat) now.current = undefined;
  } else {
    const load = now.loads[step.load];
    if (load === undefined) return;
    load.running = false;
    load.ended = step.do;
    if (now.current === step.load) now.current = undefined;
  }
}

/** One story on the real thing. */
class Story {
  private readonly flights = new SingleFlight<number>();
  private readonly running: { flight: Flight; resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  private readonly places: Place<number>[] = [];
  private readonly passengers = Array.from({ length: CALLERS }, () => ({}));
  private readonly told: string[] = [];

  async tell(step: Step): Promise<void> {
    if (step.do === 'board') this.board(step.who);
    else if (step.do === 'leave') this.places[step.who]!.leave();
    else if (step.do === 'succeed') this.running[step.load]!.resolve(step.load);
    else this.running[step.load]!.reject(new Error(String(step.load)));
    for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
  }

  /** As text, so that a difference shows the whole. */
  get seen(): string {
    const { flights, told } = this;
    const loads = this.running.map(({ flight }) => ({
      aborted: flight.signal.aborted,
      waiting: this.passengers.map((one) => flight.passengers.has(one)),
    }));
    return JSON.stringify({ has: flights.has('key'), waiting: flights.passengers, told: [...told], loads });
  }

  private board(who: number): void {
    const place = this.flights.board('key', this.passengers[who]!, (flight) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      this.running.push({ flight, resolve, reject });
      return promise;
    });
    this.places[who] = place;
    this.told[who] = 'waits';
    place.entry.then(
      (load) => (this.told[who] = `${load} succeed`),
      (error: unknown) => (this.told[who] = `${(error as Error).message} fail`),
    );
  }
}

function expectation(now: Expected): string {
  const who = Array.from({ length: CALLERS }, (_, at) => at);
  const sits = (one: number): boolean => !now.left[one] || now.late[one] === true;
  const load = (one: number) => now.loads[now.seats[one] ?? -1];
  const told = (one: number): string => {
    const ended = load(one)?.ended;
    return ended === undefined ? 'waits' : `${now.seats[one]} ${ended}`;
  };
  return JSON.stringify({
    has: now.current !== undefined,
    waiting: who.filter((one) => load(one)?.running === true && sits(one)).length,
    told: who.filter((one) => now.boarded[one]).map(told),
    loads: now.loads.map(({ abandoned }, at) => ({
      aborted: abandoned,
      waiting: who.map((one) => now.seats[one] === at && sits(one)),
    })),
  });
}

it('P06: every order in which three callers board and leave and their loads end', async ({ annotate }) => {
  let stories = 0;
  const tell = async (steps: readonly Step[], now: Expected): Promise<void> => {
    const next = possible(now);
    if (next.length === 0) {
      stories += 1;
      await check(steps);
      return;
    }
    for (const step of next) {
      const then = copy(now);
      apply(then, step);
      await tell([...steps, step], then);
    }
  };
  await tell([], nothingYet());
  await annotate(`${stories} stories`);
  expect(stories).toBeGreaterThan(1_000);
});

async function check(steps: readonly Step[]): Promise<void> {
  const story = new Story();
  const now = nothingYet();
  for (const step of steps) {
    apply(now, step);
    await story.tell(step);
    const [seen, expected] = [story.seen, expectation(now)];
    if (seen !== expected) expect({ steps, seen }).toEqual({ steps, seen: expected });
  }
}
