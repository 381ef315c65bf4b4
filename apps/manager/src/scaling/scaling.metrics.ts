import { SCALING_ACTIONS, SCALING_REASONS } from '@mcp-cluster/cluster';
import { counterFamily, gaugeFamily, type CounterFamily, type Registry } from '@mcp-cluster/telemetry';
import type { ScalingDecision } from './decision.js';

/** Why decisions were not carried out. */
const FAILURES = ['size_unknown', 'store_unavailable', 'store_full', 'stale_term', 'term_over'];

/** Counts decisions by what and why, and shows the last number that this manager decided on while it leads. */
export class ScalingMetrics {
  private readonly decisions: CounterFamily<'action' | 'reason'>;
  private readonly failures: CounterFamily<'error'>;

  /** @param desired undefined while this manager does not lead: only one manager shows it */
  constructor(registry: Registry, desired: () => number | undefined) {
    this.decisions = counterFamily(registry, {
      name: 'mcp_manager_scaling_decisions_total',
      help: 'Decisions about the number of nodes, by direction and reason.',
      labels: ['action', 'reason'],
      allowed: { action: SCALING_ACTIONS, reason: SCALING_REASONS },
    });
    this.failures = counterFamily(registry, {
      name: 'mcp_manager_scaling_failures_total',
      help: 'Decisions that were not made or not carried out, by cause.',
      labels: ['error'],
      allowed: { error: FAILURES },
    });
    const wanted = { name: 'mcp_cluster_desired_replicas', help: 'Nodes that the leading manager wants.', labels: [] };
    gaugeFamily(registry, wanted, () => {
      const value = desired();
      return value === undefined ? [] : [[{}, value]];
    });
  }

  count({ action, reason, error }: ScalingDecision): void {
    this.decisions.child({ action, reason }).inc();
    if (error !== undefined) this.failures.child({ error }).inc();
  }
}
