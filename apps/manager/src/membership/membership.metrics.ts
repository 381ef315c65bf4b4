import { NODE_STATES } from '@mcp-cluster/cluster';
import { gaugeFamily, type Registry } from '@mcp-cluster/telemetry';
import type { Membership } from './membership.js';

/** Nodes by state. Every state is always shown, so that an alert on a missing one cannot be silent. */
export function membershipMetrics(registry: Registry, membership: Membership): void {
  gaugeFamily(
    registry,
    {
      name: 'mcp_manager_nodes',
      help: 'Nodes that this manager knows, by state.',
      labels: ['state'],
      allowed: { state: NODE_STATES },
    },
    () => {
      const states = membership.nodes().map((node) => node.health.state);
      return NODE_STATES.map((state) => [{ state }, states.filter((one) => one === state).length] as const);
    },
  );
}
