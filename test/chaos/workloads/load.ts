import type { Rng } from '@mcp-cluster/kernel';
import type { CallRecord } from './history-recorder.ts';
import { machineMs, pause } from './time.ts';

/** Calls at once that a load may have open: what one cluster on two cores bears beside its own work. */
const MAX_OPEN = 2_000;

/** A steady load: calls begin at their times, whether or not earlier ones have ended. */
export class SteadyLoad {
  private readonly calls: Promise<CallRecord>[] = [];
  private stopped = false;
  private readonly running: Promise<void>;
  private open = 0;

  /** @param begin makes the n-th call */
  constructor(perSecond: number, rng: Rng, begin: (n: number) => Promise<CallRecord>) {
    this.running = this.run(perSecond, rng, begin);
  }

  get started(): number {
    return this.calls.length;
  }

  /** No more calls; resolves with all of them when the last one has ended. */
  async stop(): Promise<CallRecord[]> {
    this.stopped = true;
    await this.running;
    return Promise.all(this.calls);
  }

  private async run(perSecond: number, rng: Rng, begin: (n: number) => Promise<CallRecord>): Promise<void> {
    let next = machineMs();
    while (!this.stopped) {
      // Between half and one and a half of the mean, so that calls do not march in step with the nodes' timers.
      next += (1_000 / perSecond) * (0.5 + rng.next());
      await pause(Math.max(0, next - machineMs()));
      if (this.open >= MAX_OPEN) throw new Error(`more than ${MAX_OPEN} calls are open`);
      this.open += 1;
      const call = begin(this.calls.length).finally(() => (this.open -= 1));
      // It is looked at by `stop`.
      call.catch(() => undefined);
      this.calls.push(call);
    }
  }
}
