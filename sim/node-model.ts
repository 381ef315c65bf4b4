import type { EventQueue } from './event-queue.ts';

/** What may be wrong with a node. */
export interface Trouble {
  /** Its work takes this many times as long. */
  readonly slower?: number;
  /** It answers every call with an error after a millisecond: the black hole. */
  readonly failsFast?: boolean;
  /** It stands still, as in a collection of garbage: so many milliseconds, once in so many. */
  readonly pauses?: { readonly ms: number; readonly everyMs: number };
  /** It is cold: its work takes `1 + coldFactor · e^(-calls / 300)` times as long. */
  readonly coldFactor?: number;
}

/** Calls that a node works on at one time; others wait in order. */
export const WORKERS = 8;
const FAILS_AFTER_MS = 1;
const CALLS_TO_WARM = 300;

interface Call {
  readonly work: number;
  readonly done: (now: number, failed: boolean) => void;
}

/** One node: some workers and a queue. The trouble begins at a given time. */
export class NodeModel {
  private served = 0;
  private busy = 0;
  private readonly waiting: Call[] = [];
  private head = 0;
  private readonly events: EventQueue;
  private readonly trouble: Trouble;
  private readonly troubleFrom: number;

  constructor(events: EventQueue, trouble: Trouble, troubleFrom: number) {
    this.events = events;
    this.trouble = trouble;
    this.troubleFrom = troubleFrom;
  }

  take(call: Call, now: number): void {
    if (this.trouble.failsFast === true && now >= this.troubleFrom) {
      this.events.add(now + FAILS_AFTER_MS, (then) => {
        call.done(then, true);
      });
    } else if (this.busy < WORKERS) this.start(call, now);
    else this.waiting.push(call);
  }

  private start(call: Call, now: number): void {
    this.busy += 1;
    this.events.add(this.endOf(call.work * this.factor(now), now), (then) => {
      this.busy -= 1;
      this.served += 1;
      call.done(then, false);
      this.startNext(then);
    });
  }

  private startNext(now: number): void {
    const next = this.waiting[this.head];
    if (next === undefined) return;
    this.head += 1;
    if (this.head > 1000 && this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    this.start(next, now);
  }

  private factor(now: number): number {
    const { slower = 1, coldFactor = 0 } = this.trouble;
    if (now < this.troubleFrom) return 1;
    return slower * (1 + coldFactor * Math.exp(-this.served / CALLS_TO_WARM));
  }

  /** When so much work that begins now is done: the pauses on the way come on top. */
  private endOf(work: number, now: number): number {
    const { pauses } = this.trouble;
    if (pauses === undefined) return now + work;
    let at = now;
    let left = work;
    for (let pause = this.firstPauseAfter(now, pauses); ; pause += pauses.everyMs) {
      const until = Math.max(0, pause - at);
      if (left < until) return at + left;
      left -= until;
      at = pause + pauses.ms;
    }
  }

  /** Start of the pause that is on, or of the next one. */
  private firstPauseAfter(now: number, { ms, everyMs }: { ms: number; everyMs: number }): number {
    const rounds = Math.floor((now - this.troubleFrom) / everyMs);
    const last = this.troubleFrom + Math.max(0, rounds) * everyMs;
    return now < last + ms ? last : last + everyMs;
  }
}
