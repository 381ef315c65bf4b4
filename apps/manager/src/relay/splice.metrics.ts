import {
  counterFamily,
  gaugeFamily,
  histogramFamily,
  type CounterFamily,
  type Histogram,
  type Registry,
} from '@mcp-cluster/telemetry';

/**
 * What went on at another node.
 * - `call`: a request, given to it once more
 * - `resume`: the stream of a session's call, from the last event on
 * - `listen`: the stream of `subscriptions/listen`
 * - `session`: a stream that was opened by GET
 */
export const SPLICE_KINDS = ['call', 'resume', 'listen', 'session'] as const;
export type SpliceKind = (typeof SPLICE_KINDS)[number];

/**
 * How a request went on whose node was lost.
 * - `completed`: another node answers it, in the same response
 * - `failed`: no node could take it: the client was told to come again, or its stream ended
 * - `unknown`: it ended with the error that says so
 */
const SPLICE_OUTCOMES = ['completed', 'failed', 'unknown'] as const;

/** Seconds. A node that died is noticed at once, one that hangs after 1.9 s; the promise is 2 s and 3 s. */
const GAP_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];

/** Counts requests that outlived their node. */
export class SpliceMetrics {
  private readonly splices: CounterFamily<'kind' | 'outcome'>;
  private readonly gap: Histogram;

  /** @param parked tells how many requests wait for a node now */
  constructor(registry: Registry, parked: () => number) {
    this.splices = counterFamily(registry, {
      name: 'mcp_manager_splices_total',
      help: 'Requests whose node was lost while it had them, by how they went on.',
      labels: ['kind', 'outcome'],
      allowed: { kind: SPLICE_KINDS, outcome: SPLICE_OUTCOMES },
    });
    this.gap = histogramFamily(registry, {
      name: 'mcp_manager_splice_gap_seconds',
      help: 'Time from the loss of a node to the first byte of the one that went on.',
      labels: [],
      buckets: GAP_BUCKETS,
    }).child({});
    gaugeFamily(
      registry,
      { name: 'mcp_manager_parked', help: 'Requests that wait for a node to become ready.', labels: [] },
      () => [[{}, parked()]],
    );
  }

  /** @param ms since the node was lost */
  completed(kind: SpliceKind, ms: number): void {
    this.splices.child({ kind, outcome: 'completed' }).inc();
    this.gap.observe(ms / 1000);
  }

  ended(kind: SpliceKind, outcome: 'failed' | 'unknown'): void {
    this.splices.child({ kind, outcome }).inc();
  }
}
