import { asError, type Clock } from '@mcp-cluster/kernel';
import type { Roster } from '../discovery/roster.js';
import type { Membership } from '../membership/membership.js';
import type { DrainOrder } from '../supervisor/drain-order.js';
import { NodeRemoval } from '../supervisor/node-removal.js';
import type { SupervisorLog } from '../supervisor/supervisor.js';
import type { AddedNode } from './added-node.js';

export interface OtherNodesParts {
  readonly roster: Pick<Roster, 'add' | 'remove'>;
  readonly membership: Pick<Membership, 'nodes'>;
  /** Called when a node came, so that it is checked at once. */
  readonly onAdded: () => void;
  readonly order: DrainOrder;
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: SupervisorLog;
}

/** Nodes that somebody else starts and stops: they are let in, and drained before they are let go. */
export class OtherNodes {
  private readonly removal: NodeRemoval;

  constructor(private readonly parts: OtherNodesParts) {
    const { membership, order, clock, log, drainMs } = parts;
    this.removal = new NodeRemoval({
      // Its process is not ours to end: it leaves the members, and stays out while a discovery lists it.
      supervisor: {
        retire: () => true,
        shrink: (key) => {
          parts.roster.remove(key);
          return Promise.resolve();
        },
      },
      members: membership,
      order,
      clock,
      log,
      drainMs,
    });
  }

  add(node: AddedNode): void {
    this.parts.log.info({ member: node.key }, 'node is added by an operator');
    this.parts.roster.add(node);
    this.parts.onAdded();
  }

  async remove(key: string, force: boolean): Promise<void> {
    if (!force) {
      await this.removal.remove(key, 'ordered');
      return;
    }
    const { membership, order, roster, log } = this.parts;
    const node = membership.nodes().find(({ address }) => address.key === key);
    // First out, so that nothing new is sent to it; told so all the same, if it still listens.
    roster.remove(key);
    if (node === undefined) return;
    await order(node.address.managementOrigin).catch((thrown: unknown) => {
      log.warn({ member: key, err: asError(thrown) }, 'node did not take the order to drain');
    });
  }
}
