import { counterFamily, type Counter, type CounterFamily, type Registry } from '@mcp-cluster/telemetry';
import { FAILOVER_REASONS, type FailoverReason } from './failure.policy.js';

/**
 * How a request that was given to a node ended there.
 * - `answered`: with an answer, whatever it said
 * - `failed_over`: it went to another node
 * - `lost`: the node died with it, and the outcome is unknown
 * - `cancelled`: the client went away
 */
const OUTCOMES = ['answered', 'failed_over', 'lost', 'cancelled'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Counts what happens on the way to the nodes. */
export class UpstreamMetrics {
  private readonly outcomes: Readonly<Record<Outcome, Counter>>;
  private readonly failovers: CounterFamily<'reason'>;
  private readonly denied: Counter;

  constructor(registry: Registry) {
    const requests = counterFamily(registry, {
      name: 'mcp_manager_upstream_requests_total',
      help: 'Requests given to nodes, by how they ended there.',
      labels: ['outcome'],
      allowed: { outcome: OUTCOMES },
    });
    // The children are held: the hot path adds to a number and looks nothing up.
    this.outcomes = {
      answered: requests.child({ outcome: 'answered' }),
      failed_over: requests.child({ outcome: 'failed_over' }),
      lost: requests.child({ outcome: 'lost' }),
      cancelled: requests.child({ outcome: 'cancelled' }),
    };
    this.failovers = counterFamily(registry, {
      name: 'mcp_manager_failovers_total',
      help: 'Requests that went to another node, by what was wrong with the first.',
      labels: ['reason'],
      allowed: { reason: FAILOVER_REASONS },
    });
    this.denied = counterFamily(registry, {
      name: 'mcp_manager_retries_denied_total',
      help: 'Refusals of nodes that were passed on because too many requests were being retried.',
      labels: [],
    }).child({});
  }

  answered(): void {
    this.outcomes.answered.inc();
  }

  failedOver(reason: FailoverReason): void {
    this.outcomes.failed_over.inc();
    this.failovers.child({ reason }).inc();
  }

  retryDenied(): void {
    this.denied.inc();
  }

  lost(): void {
    this.outcomes.lost.inc();
  }

  cancelled(): void {
    this.outcomes.cancelled.inc();
  }
}
