// eslint-disable-next-line no-restricted-imports -- measures the event loop itself; tells no time and sets no timer
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Clock, Timer } from '@mcp-cluster/kernel';
import { memoryBounds, memoryPercent, usableCores } from './process-limits.js';

/** How busy this process was in the last LOAD_WINDOW_MS. */
export interface ProcessLoad {
  /** 100 is one core, or the container's limit where that is less. */
  readonly cpuPercent: number;
  /** Of the container's limit or the heap's, whichever is nearer. */
  readonly memoryPercent: number;
  /** Share of the time in which the event loop was not idle. */
  readonly eventLoopPercent: number;
  /** Milliseconds: the mean of the seconds' 99th percentiles. One pause of the loop is not a busy loop. */
  readonly eventLoopLagMs: number;
}

/** Where the numbers come from; tests bring their own. */
export interface LoadSource {
  /** Milliseconds of processor time since the start, on all threads. */
  readonly cpuMs: () => number;
  readonly usableCores: number;
  readonly memoryPercent: () => number;
  /** Milliseconds since the start that the event loop worked. */
  readonly activeMs: () => number;
  /** 99th percentile of the lag since the call before, milliseconds. */
  readonly lagMs: () => number;
}

/** Milliseconds between samples, and how far back a reading looks: one slow call is no load, a busy minute is old news. */
export const LOAD_SAMPLE_MS = 1_000;
export const LOAD_WINDOW_MS = 10_000;

/** Milliseconds between the samples of the event loop's lag: fifty a second cost nothing that can be measured. */
const LAG_RESOLUTION_MS = 20;

interface Sample {
  readonly at: number;
  readonly cpuMs: number;
  readonly activeMs: number;
  readonly lagMs: number;
}

/** Samples this process once a second, so that readers may come as often as they like. */
export class ProcessLoadMeter {
  private readonly samples: Sample[];
  private readonly timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly source: LoadSource = thisProcess(),
  ) {
    this.samples = [this.sample()];
    this.timer = clock.every(LOAD_SAMPLE_MS, () => {
      this.samples.push(this.sample());
      while (this.clock.monotonic() - (this.samples[0]?.at ?? 0) > LOAD_WINDOW_MS) this.samples.shift();
    });
  }

  /** Of the last ten seconds, up to one second ago. Zeros but for the memory until the first second has passed. */
  read(): ProcessLoad {
    const [first, ...later] = this.samples;
    const last = later.at(-1);
    const memory = this.source.memoryPercent();
    if (first === undefined || last === undefined)
      return { cpuPercent: 0, memoryPercent: memory, eventLoopPercent: 0, eventLoopLagMs: 0 };
    const elapsed = last.at - first.at;
    return {
      cpuPercent: (100 * (last.cpuMs - first.cpuMs)) / elapsed / this.source.usableCores,
      memoryPercent: memory,
      // A turn that began before the window is counted when it ends.
      eventLoopPercent: Math.min(100, (100 * (last.activeMs - first.activeMs)) / elapsed),
      eventLoopLagMs: later.reduce((sum, { lagMs }) => sum + lagMs, 0) / later.length,
    };
  }

  stop(): void {
    this.timer.cancel();
  }

  private sample(): Sample {
    const { cpuMs, activeMs, lagMs } = this.source;
    return { at: this.clock.monotonic(), cpuMs: cpuMs(), activeMs: activeMs(), lagMs: lagMs() };
  }
}

function thisProcess(): LoadSource {
  const bounds = memoryBounds();
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  return {
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    usableCores: usableCores(),
    memoryPercent: () => memoryPercent(process.memoryUsage(), bounds),
    activeMs: () => performance.eventLoopUtilization().active,
    lagMs: () => {
      // Nanoseconds between two samples; what is over the distance that they should have is the lag.
      const lag = delay.percentile(99) / 1e6 - LAG_RESOLUTION_MS;
      delay.reset();
      return Math.max(0, lag);
    },
  };
}
