import type { Clock, Timer } from '@mcp-cluster/kernel';

interface Entry {
  at: number;
  order: number;
  every: number | undefined;
  fn: () => void;
}

/** A clock that stands still until a test moves it. Timers fire in the order of their times, then of their making. */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private entries: Entry[] = [];

  /** @param start milliseconds since the Unix epoch; the default is 2026-11-01 */
  constructor(start = 1_793_491_200_000) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(ms: number, fn: () => void): Timer {
    return this.add(ms, undefined, fn);
  }

  every(ms: number, fn: () => void): Timer {
    return this.add(ms, ms, fn);
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.entries.length;
  }

  /** Moves the time by `ms`, firing what falls due; between two timers promises are settled. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await settle();
    for (;;) {
      const next = this.entries
        .filter((entry) => entry.at <= target)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.time = next.at;
      if (next.every === undefined) this.entries = this.entries.filter((entry) => entry !== next);
      else next.at += next.every;
      next.fn();
      await settle();
    }
    this.time = target;
  }

  private add(ms: number, every: number | undefined, fn: () => void): Timer {
    const entry: Entry = { at: this.time + Math.max(0, ms), order: this.order++, every, fn };
    this.entries.push(entry);
    return {
      cancel: () => {
        this.entries = this.entries.filter((other) => other !== entry);
      },
    };
  }
}

/** Lets every promise that can settle now do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
