import type { ReportedLoad } from '@mcp-cluster/cluster';
import type { Clock } from '@mcp-cluster/kernel';
import type { EndedExchange } from '@mcp-cluster/protocol';
import { LOAD_SAMPLE_MS, LOAD_WINDOW_MS, type ProcessLoad } from '@mcp-cluster/telemetry';

/** Seconds that are kept: the window, and the one that is being filled. */
const SLICES = LOAD_WINDOW_MS / LOAD_SAMPLE_MS + 1;

/** Ends of the times that are told apart, a fifth above each other: 1 ms to 10 minutes, and whatever takes longer. */
const STEP = 1.2;
const BUCKETS = 75;

/** Requests that stay open by their nature: how long they were is no response time. */
const STANDING = new Set(['subscriptions/listen']);

interface Slice {
  /** Which second it is; a slice of another second is out of date. */
  second: number;
  calls: number;
  totalMs: number;
  readonly buckets: Uint32Array;
}

export interface NodeLoadParts {
  readonly clock: Clock;
  /** Of ProcessLoadMeter. */
  readonly process: () => ProcessLoad;
  /** Calls that wait for a place. */
  readonly queue: () => number;
}

/** How busy this node is: its process, and the response times of the last ten seconds. What `/readyz` tells as `load`. */
export class NodeLoad {
  private readonly slices: Slice[] = Array.from({ length: SLICES }, () => ({
    second: -1,
    calls: 0,
    totalMs: 0,
    buckets: new Uint32Array(BUCKETS),
  }));

  constructor(private readonly parts: NodeLoadParts) {}

  /** Counts one request that ended. On the path of every call. */
  observe({ request, startedAt }: Pick<EndedExchange, 'request' | 'startedAt'>): void {
    if (STANDING.has(request.method)) return;
    const now = this.parts.clock.monotonic();
    const ms = Math.max(0, now - startedAt);
    const slice = this.sliceOf(Math.floor(now / LOAD_SAMPLE_MS));
    slice.calls += 1;
    slice.totalMs += ms;
    const bucket = bucketOf(ms);
    slice.buckets[bucket] = (slice.buckets[bucket] ?? 0) + 1;
  }

  read(): ReportedLoad {
    const second = Math.floor(this.parts.clock.monotonic() / LOAD_SAMPLE_MS);
    const recent = this.slices.filter((slice) => second - slice.second < SLICES && slice.second >= 0);
    const calls = recent.reduce((sum, slice) => sum + slice.calls, 0);
    const totalMs = recent.reduce((sum, slice) => sum + slice.totalMs, 0);
    return {
      ...this.parts.process(),
      calls,
      responseMs: calls === 0 ? 0 : totalMs / calls,
      responseP95Ms: percentile(recent, Math.ceil(calls * 0.95)),
      queue: this.parts.queue(),
    };
  }

  private sliceOf(second: number): Slice {
    // There is one for each index, so the fallback is only for the compiler.
    const slice = this.slices[second % SLICES] ?? { second, calls: 0, totalMs: 0, buckets: new Uint32Array(BUCKETS) };
    if (slice.second !== second) {
      slice.second = second;
      slice.calls = 0;
      slice.totalMs = 0;
      slice.buckets.fill(0);
    }
    return slice;
  }
}

function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms) / Math.log(STEP)));
}

/** The upper end of the bucket that the `rank`th fastest request is in; at most a fifth too much. 0 without requests. */
function percentile(slices: readonly Slice[], rank: number): number {
  if (rank === 0) return 0;
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    for (const { buckets } of slices) seen += buckets[bucket] ?? 0;
    if (seen >= rank) return STEP ** bucket;
  }
  return STEP ** BUCKETS;
}
