import { sleep, type Clock } from '@mcp-cluster/kernel';

/** Keeps the beginnings of requests apart, as a robots.txt asks. */
export class Pacer {
  private earliest = -Infinity;

  /** @param delayMs milliseconds between two beginnings; 0 keeps none apart */
  constructor(
    private readonly clock: Clock,
    private readonly delayMs: number,
  ) {}

  /** Resolves when the next request may begin; rejects with the signal's reason. */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.delayMs === 0) return;
    const now = this.clock.monotonic();
    const begin = Math.max(now, this.earliest);
    this.earliest = begin + this.delayMs;
    if (begin > now) await sleep(this.clock, begin - now, signal);
  }
}
