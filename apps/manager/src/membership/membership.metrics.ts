import { NODE_STATES } from '@mcp-cluster/cluster';
import { counterFamily, gaugeFamily, type Registry } from '@mcp-cluster/telemetry';
import { CALL_FAILURES } from './cluster-node.js';
import type { Membership } from './membership.js';

/**
 * Nodes by state, ejections and panics. Every state is always shown, so that an alert on a missing one cannot be
 * silent.
 */
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
  gaugeFamily(
    registry,
    {
      name: 'mcp_manager_panic',
      help: '1 while less than half of the nodes that should take calls do, and calls go to all of them.',
      labels: [],
      allowed: {},
    },
    () => [[{}, membership.panicking ? 1 : 0]],
  );
  const ejections = counterFamily(registry, {
    name: 'mcp_manager_ejections_total',
    help: 'Nodes taken out because five calls in a row failed, by how the last one did.',
    labels: ['reason'],
    allowed: { reason: CALL_FAILURES },
  });
  // Made now, so that the first ejection is a change from 0 that an alert sees.
  for (const reason of CALL_FAILURES) ejections.child({ reason });
  membership.onEjection((_node, reason) => {
    ejections.child({ reason }).inc();
  });
}
