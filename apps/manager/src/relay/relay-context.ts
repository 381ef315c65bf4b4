import type { ServerResponse } from 'node:http';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Remedy } from '../upstream/failure.policy.js';
import type { RequestKind } from './request-kind.js';
import type { Router } from './router.js';

/** Why nobody takes a request; sent to the client as `data.reason`. */
export type RefusalReason = 'no_node' | 'overloaded' | 'unreachable' | 'draining';

/** A request on its way through, as those see it who count and stop relays. */
export interface Relayed {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly body: Buffer | null;
  /** Monotonic milliseconds when it came. */
  readonly startedAt: number;
  /** Its client has read slower than the node wrote, so that the node had to wait. */
  readonly heldUp: boolean;
  /** Its answer is an event stream that had begun. */
  readonly streaming: boolean;
  /** Ends a standing stream because the manager stops; its client opens another one, at another manager. */
  endStream(): void;
  /** Ends whatever it is, now, with an error that says that its outcome is unknown: the drain's time is over. */
  giveUp(): void;
}

/** What all relays of a manager share. */
export interface RelayContext {
  readonly router: Router;
  /** False once standing streams were ended for the drain: one that comes then would hold it up to its limit. */
  readonly takesStreams: boolean;
  /** The relay has ended, exactly once. `status` is what the client got, or 499 when it had gone. */
  ended(relay: Relayed, status: number): void;
  /** Bytes may wait for the client from now on: it is closed if it stops to take them. Once for each response. */
  guardStalled(res: ServerResponse): void;
  /** A node has answered, whatever it said. */
  answered(): void;
  /** A node failed a request: counts towards its health. */
  nodeFailed(relay: Relayed, node: ClusterNode, error: Error, remedy: Remedy): void;
  /** @param tried whether a node was tried and could not be reached */
  refusalReason(tried: boolean): RefusalReason;
}
