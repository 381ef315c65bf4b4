import { EVERYTHING, namedTag, type Boarding, type CacheQuery, type Flight, type Loaded } from '@mcp-cluster/protocol';
import {
  CacheWorld,
  queryOf,
  STORY_NODES,
  STORY_POLICIES,
  storyStep,
  type StoryStep,
  type WorldNode,
} from '@mcp-cluster/testkit/cache';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';
import { MAX_BOARDED_MS } from './trip.js';

const LONGEST_MS = 12_000;

/** What a load gives: who it was made for, and which one it was. */
interface Value {
  readonly who: string;
  readonly args: number;
  readonly run: number;
}

interface Run {
  readonly value: Value;
  readonly stack: CacheStack;
  readonly flight: Flight;
  readonly anew: boolean;
  readonly began: number;
  readonly beganMs: number;
  readonly end: PromiseWithResolvers<Loaded<unknown>>;
  ended: { readonly at: number; readonly ms: number; readonly keep: boolean } | undefined;
  /** An invalidation was asked for since: the next one may begin beside it. */
  outdated: boolean;
}

interface Life {
  readonly parts: WorldNode;
  readonly stack: CacheStack;
  up: boolean;
}

interface Invalidated {
  /** The argument that it concerns; `*` all. */
  readonly tag: string;
  /** Whom it concerns; undefined: everybody. */
  readonly who?: string;
  readonly began: number;
  acknowledged: number;
}

class Story {
  private readonly world: CacheWorld;
  private readonly lives: Life[];
  private readonly runs: Run[] = [];
  private readonly places: Boarding<unknown>[] = [];
  private readonly invalidated: Invalidated[] = [];
  /** Who is being given something anew, and where: who wants the same meanwhile has part in it. */
  private readonly reloading = new Set<string>();
  private waiting = 0;
  /** Counts everything that happens. */
  private moment = 0;
  /** When the shared level was last not well for some node. */
  private illAt = -1;
  readonly wrong: string[] = [];

  constructor(seed: number) {
    this.world = new CacheWorld(seed);
    this.lives = STORY_NODES.map((name) => this.born(name));
  }

  async tell(one: StoryStep): Promise<void> {
    this.moment += 1;
    if (one.do === 'call' || one.do === 'reload') this.call(one.node, one.who, one.args, one.do === 'reload');
    else if (one.do === 'refresh')
      void this.lives[one.node]!.stack.refresh(this.query(this.lives[one.node]!, one.who, one.args));
    else if (one.do === 'land')
      this.end(
        one.which,
        (run) => {
          run.end.resolve({ value: run.value, keep: one.keep });
        },
        one.keep,
      );
    else if (one.do === 'crash')
      this.end(
        one.which,
        (run) => {
          run.end.reject(new Error('crashed'));
        },
        false,
      );
    else if (one.do === 'leave') this.leave(one.which);
    else if (one.do === 'invalidate') this.invalidate(one.node, one.tag);
    else if (one.do === 'elapse') await this.world.elapse(one.ms);
    else if (one.do === 'lose') this.world.shared.lose();
    else if (one.do === 'heal') this.heal();
    else if (one.do === 'ill') Object.assign(this.lives[one.node]!.parts[one.level].chaos.illness, one.how);
    else if (one.do === 'stop') this.lives[one.node]!.up = false;
    else await this.start(one.node);
    await this.world.settle();
    if (this.isIll) this.illAt = this.moment;
  }

  /** Whoever still waits is answered as soon as all are well and all loads end. */
  async finish(): Promise<void> {
    this.heal();
    for (let turn = 0; turn < 6; turn += 1) {
      await this.world.elapse(6_000);
      for (let at = this.runs.length; at > 0; at -= 1)
        this.end(
          0,
          (run) => {
            run.end.resolve({ value: run.value, keep: true });
          },
          true,
        );
    }
    await this.world.elapse(1_000);
    if (this.waiting > 0) this.wrong.push(`${this.waiting} wait for ever`);
    this.wrong.push(...this.world.failures);
  }

  private call(at: number, forWhom: string, forArgs: number, anew: boolean): void {
    const life = this.lives[at]!;
    if (!life.up) return;
    const query = this.query(life, forWhom, forArgs, anew);
    const boarded = (this.moment += 1);
    const found = anew ? undefined : life.stack.peek(query);
    if (found !== undefined) {
      this.check(found.value as Value, forWhom, forArgs, boarded);
      return;
    }
    const place = anew ? this.reload(at, query, forWhom, forArgs) : life.stack.board(query, {});
    this.places.unshift(place);
    this.waiting += 1;
    let left = false;
    const leave = (): void => {
      if (!left) this.waiting -= 1;
      left = true;
      place.leave();
    };
    this.places[0] = { ...place, leave };
    place.entry.then(
      ({ value }) => {
        if (left) return;
        leave();
        this.check(value as Value, forWhom, forArgs, boarded);
      },
      () => {
        leave();
      },
    );
  }

  private reload(at: number, query: CacheQuery<unknown>, forWhom: string, forArgs: number): Boarding<unknown> {
    const { parts, stack } = this.lives[at]!;
    for (const run of this.runs) if (run.value.who === forWhom && run.value.args === forArgs) run.outdated = true;
    const name = `${parts.owner} ${forWhom} ${forArgs}`;
    const place = stack.reload(query, {});
    if (this.reloading.has(name)) return place;
    this.reloading.add(name);
    const one: Invalidated = { tag: String(forArgs), who: forWhom, began: this.moment, acknowledged: Infinity };
    this.invalidated.push(one);
    const ended = (): void => {
      this.reloading.delete(name);
      one.acknowledged = this.moment += 1;
    };
    place.entry.then(ended, ended);
    return place;
  }

  private query(life: Life, forWhom: string, forArgs: number, anew = false): CacheQuery<unknown> {
    const principal = forWhom === 'everybody' ? {} : { principal: { issuer: 'test', subject: forWhom } };
    const wishes = { ...principal, args: forArgs, tags: [String(forArgs)], policy: STORY_POLICIES[forArgs]! };
    return queryOf((flight) => this.load(life, flight, forWhom, forArgs, anew), wishes);
  }

  private load(life: Life, flight: Flight, forWhom: string, forArgs: number, anew: boolean): Promise<Loaded<unknown>> {
    const value = { who: forWhom, args: forArgs, run: this.runs.length };
    const end = Promise.withResolvers<Loaded<unknown>>();
    const beside = this.runs.filter(
      (run) => run.stack === life.stack && run.value.who === forWhom && run.value.args === forArgs && !run.anew,
    );
    // An invalidation that the shared level was not told is told later, and then outdates what was begun since.
    const isOwed = this.invalidated.some(({ began }) => began <= this.illAt);
    if (!anew && !isOwed && beside.some((run) => run.ended === undefined && !run.outdated && this.mayBeJoined(run)))
      this.wrong.push(`two loads at once for ${forWhom} ${forArgs}`);
    this.runs.push({
      value,
      stack: life.stack,
      flight,
      anew,
      began: (this.moment += 1),
      beganMs: this.world.clock.now(),
      end,
      ended: undefined,
      outdated: false,
    });
    return end.promise;
  }

  private mayBeJoined({ flight, beganMs }: Run): boolean {
    return !flight.signal.aborted && this.world.clock.now() < beganMs + MAX_BOARDED_MS;
  }

  /** @param at among those that run, the youngest first */
  private end(at: number, how: (run: Run) => void, keep: boolean): void {
    const running = this.runs.filter(({ ended }) => ended === undefined);
    const run = running.at(-1 - (at % Math.max(1, running.length)));
    if (run === undefined) return;
    run.ended = { at: this.moment, ms: this.world.clock.now(), keep };
    how(run);
  }

  private leave(at: number): void {
    this.places[at % Math.max(1, this.places.length)]?.leave();
  }

  private invalidate(at: number, tag: string): void {
    const life = this.lives[at]!;
    if (!life.up) return;
    for (const run of this.runs) if (tag === '*' || String(run.value.args) === tag) run.outdated = true;
    const one: Invalidated = { tag, began: this.moment, acknowledged: Infinity };
    this.invalidated.push(one);
    void life.stack.invalidate([tag === '*' ? EVERYTHING : namedTag(tag)]).then(() => {
      one.acknowledged = this.moment += 1;
    });
  }

  private async start(at: number): Promise<void> {
    const life = this.lives[at]!;
    if (life.up) return;
    // What the old life still does reaches nobody.
    for (const { chaos } of [life.parts.shared, life.parts.disk]) Object.assign(chaos.illness, { errors: 1 });
    this.lives[at] = this.born(STORY_NODES[at]!);
    const caughtUp = this.lives[at].stack.catchUp();
    await this.world.settle();
    await caughtUp;
  }

  private born(name: string): Life {
    const parts = this.world.node(name);
    return { parts, stack: new CacheStack(parts), up: true };
  }

  private heal(): void {
    for (const { parts } of this.lives) for (const { chaos } of [parts.shared, parts.disk]) chaos.heal();
  }

  private get isIll(): boolean {
    return this.lives.some(({ parts: { shared }, stack }) => {
      const { errors, mostMs } = shared.chaos.illness;
      return errors > 0 || mostMs > 0 || stack.resting('l2');
    });
  }

  private check(value: Value, forWhom: string, forArgs: number, boarded: number): void {
    const run = this.runs[value.run];
    const name = `${forWhom} ${forArgs}`;
    if (value.who !== forWhom || value.args !== forArgs || run === undefined) {
      this.wrong.push(`${name} was given what belongs to ${value.who} ${value.args}`);
      return;
    }
    const { ended } = run;
    if (ended?.keep === false && boarded > ended.at) this.wrong.push(`${name} was given what was not to be kept`);
    if (ended !== undefined && this.world.clock.now() > ended.ms + LONGEST_MS)
      this.wrong.push(`${name} was given what is too old`);
    const old = this.invalidated.find(
      ({ tag, who: whose = forWhom, began, acknowledged }) =>
        (tag === '*' || (tag === String(forArgs) && whose === forWhom)) &&
        acknowledged < boarded &&
        run.began < began &&
        this.illAt < began,
    );
    if (old !== undefined && !this.isIll) this.wrong.push(`${name} was given what had been invalidated`);
  }
}

it('S7, P06: nobody gets what is another’s, what was invalidated, or what was not to be kept, whatever happens', async ({
  annotate,
}) => {
  const steps = fc.array(storyStep, { maxLength: 80, size: 'max' });
  const property = fc.asyncProperty(fc.nat(), steps, async (seed, all) => {
    const story = new Story(seed);
    for (const one of all) await story.tell(one);
    await story.finish();
    expect(story.wrong).toEqual([]);
  });
  const details = await fc.check(property, { numRuns: 200 });
  await annotate(`seed ${String(details.seed)}`);
  expect(details.failed ? await fc.asyncDefaultReportMessage(details) : '').toBe('');
}, 60_000);
