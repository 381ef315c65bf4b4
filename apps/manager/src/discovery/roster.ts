import type { Membership } from '../membership/membership.js';
import type { NodeAddress } from '../membership/cluster-node.js';

/**
 * Who discoveries tell what they find. It keeps out what an operator removed: a node that is still listed somewhere
 * would else come back at the next look. It is let in again when he adds it, or when it was not listed for a while,
 * since what is listed after that is another process.
 */
export class Roster {
  /** Keys that a discovery lists at present. */
  private readonly listed = new Set<string>();
  /** Those of them that were removed by hand. */
  private readonly removed = new Set<string>();

  constructor(private readonly membership: Pick<Membership, 'join' | 'leave' | 'markAbsent'>) {}

  /** A discovery lists the node. */
  join(address: NodeAddress): void {
    this.listed.add(address.key);
    if (!this.removed.has(address.key)) this.membership.join(address);
  }

  /** A discovery lists the node no more. */
  markAbsent(key: string): void {
    this.listed.delete(key);
    this.removed.delete(key);
    this.membership.markAbsent(key);
  }

  /** An operator adds the node. */
  add(address: NodeAddress): void {
    this.removed.delete(address.key);
    this.membership.join(address);
  }

  /** An operator removes the node, which has no calls any more. */
  remove(key: string): void {
    if (this.listed.has(key)) this.removed.add(key);
    this.membership.leave(key);
  }
}
