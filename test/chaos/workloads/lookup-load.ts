import type { Rng } from '@mcp-cluster/kernel';
import type { CallPlan } from './call-plan.ts';
import type { CallRecord, HistoryRecorder } from './history-recorder.ts';
import { SteadyLoad } from './load.ts';
import type { LookupClient } from './lookup-client.ts';
import { StatelessClient } from './stateless-client.ts';

export interface LookupLoadPlan {
  readonly perSecond: number;
  /** What the source takes for what is new, and what a call takes that is not cached. */
  readonly delayMs?: number;
  readonly bytes?: number;
  readonly limitMs: number;
}

/** Keys that are asked for again and again. */
const HOT = 10;

/**
 * Three kinds of calls in turn: for what is kept, for what nobody has asked for yet, and such as the cache has no part in.
 * The last say what the machine does meanwhile: what the others take more than they do, the cache costs them.
 */
export class LookupLoad {
  readonly hot: CallRecord[] = [];
  readonly fresh: CallRecord[] = [];
  readonly uncached: CallRecord[] = [];
  private readonly load: SteadyLoad;

  constructor(parts: { client: LookupClient; history: HistoryRecorder; rng: Rng }, plan: LookupLoadPlan) {
    const { client, history, rng } = parts;
    const { perSecond, delayMs = 0, bytes = 60, limitMs } = plan;
    const without = new StatelessClient('u', client.urls, history);
    const steps = delayMs > 0 ? 1 : 0;
    const slowRead: CallPlan = {
      ...{ tool: 'slow_read', args: { steps, stepMs: delayMs } },
      ...{ kind: 'repeatable', limitMs, streamed: false },
    };
    const kinds = [
      { calls: this.hot, call: (n: number) => client.look({ of: 'lookup', key: `hot-${n % HOT}`, bytes, limitMs }) },
      {
        calls: this.fresh,
        call: (n: number) => client.look({ of: 'lookup', key: `new-${n}`, bytes, delayMs, limitMs }),
      },
      { calls: this.uncached, call: () => without.call(slowRead) },
    ];
    this.load = new SteadyLoad(perSecond, rng, async (n) => {
      const kind = kinds[n % kinds.length];
      if (kind === undefined) throw new Error('no kind of call');
      const record = await kind.call(Math.floor(n / kinds.length));
      kind.calls.push(record);
      return record;
    });
  }

  /** No more calls; resolves with all of them when the last one has ended. */
  stop(): Promise<CallRecord[]> {
    return this.load.stop();
  }
}
