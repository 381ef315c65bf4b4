import type { Background, Clock } from '@mcp-cluster/kernel';
import type { Roster } from '../discovery/roster.js';
import type { Membership } from '../membership/membership.js';
import type { NodeSource } from '../open-discovery.js';
import { orderDrain } from '../supervisor/drain-order.js';
import { START_TIMEOUT_MS, type SupervisorLog } from '../supervisor/supervisor.js';
import { NodeOperations } from './node-operations.js';
import { OtherNodes } from './other-nodes.js';
import { FleetNodes } from './own-nodes.js';

export interface OperationParts {
  readonly source: NodeSource;
  readonly membership: Membership;
  readonly roster: Roster;
  readonly onAdded: () => void;
  /** Most nodes, and milliseconds that the calls of one that goes may take. */
  readonly scaling: { readonly max: number; readonly drainMs: number };
  readonly clock: Clock;
  readonly background: Background;
  readonly log: SupervisorLog;
}

/** What operators may do in this cluster, put together. */
export function openOperations(parts: OperationParts): NodeOperations {
  const { source, membership, roster, onAdded, scaling, clock, background, log } = parts;
  const { own } = source;
  const { drainMs } = scaling;
  return new NodeOperations({
    membership,
    own: own === undefined ? undefined : new FleetNodes(own.supervisor, own.fleet, scaling.max),
    others: new OtherNodes({ roster, membership, onAdded, order: orderDrain, drainMs, clock, log }),
    order: orderDrain,
    startMs: START_TIMEOUT_MS,
    clock,
    background,
  });
}
