import { systemClock } from '@mcp-cluster/kernel';
import { residentMebibytes } from './process-usage.ts';

/** Often enough to see a buffer of some megabytes come and go, seldom enough to cost nothing. */
const SAMPLE_MS = 20;

/** Watches a process's memory until `stop`. */
export class PeakMemory {
  readonly before: number;
  private peak: number;
  private readonly timer;
  private readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
    this.before = residentMebibytes(pid);
    this.peak = this.before;
    this.timer = systemClock.every(SAMPLE_MS, () => {
      this.sample();
    });
  }

  /** MiB by which it grew at its most. */
  stop(): number {
    this.sample();
    this.timer.cancel();
    return this.peak - this.before;
  }

  private sample(): void {
    this.peak = Math.max(this.peak, residentMebibytes(this.pid));
  }
}
