import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { drain, type Drainable } from './drain.js';
import { StopSignals } from './stop-signals.js';

class Steps implements Drainable {
  readonly done: string[] = [];
  private release: () => void = () => undefined;
  private readonly idle = new Promise<void>((resolve) => (this.release = resolve));
  constructor(private readonly clock: VirtualClock) {}
  private note(step: string): void {
    this.done.push(`${String(this.clock.now())} ${step}`);
  }
  unready(): void {
    this.note('unready');
  }
  stopAccepting(): void {
    this.note('stopAccepting');
  }
  endStreams(): void {
    this.note('endStreams');
  }
  whenIdle(): Promise<void> {
    return this.idle;
  }
  cut(): void {
    this.note('cut');
  }
  stopRest(leftMs: number): Promise<void> {
    this.note(`stopRest ${String(leftMs)}`);
    return Promise.resolve();
  }
  lastCallEnds(): void {
    this.release();
  }
}

describe('drain', () => {
  it('goes on accepting for the delay, then waits for the open calls, then stops the rest', async () => {
    const clock = new VirtualClock(0);
    const steps = new Steps(clock);
    const done = drain(steps, { delayMs: 5000, timeoutMs: 20_000 }, clock);
    await clock.advance(4999);
    expect(steps.done).toEqual(['0 unready']);
    await clock.advance(2001);
    steps.lastCallEnds();
    await done;
    expect(steps.done).toEqual([
      '0 unready',
      '5000 stopAccepting',
      '5000 endStreams',
      '7000 cut',
      '7000 stopRest 18000',
    ]);
    expect(clock.pending).toBe(0);
  });

  it('cuts calls that outlast the timeout', async () => {
    const clock = new VirtualClock(0);
    const steps = new Steps(clock);
    const done = drain(steps, { delayMs: 0, timeoutMs: 3000 }, clock);
    await clock.advance(3000);
    await done;
    expect(steps.done.slice(-2)).toEqual(['3000 cut', '3000 stopRest 0']);
  });
});

describe('stop signals', () => {
  it('the first drains, the same key press again is ignored, a later one exits', async () => {
    const clock = new VirtualClock();
    const events: string[] = [];
    const signals = new StopSignals(clock, () => events.push('drain'), () => events.push('exit')); // prettier-ignore
    signals.received();
    await clock.advance(999);
    signals.received();
    expect(events).toEqual(['drain']);
    await clock.advance(1);
    signals.received();
    expect(events).toEqual(['drain', 'exit']);
  });
});
