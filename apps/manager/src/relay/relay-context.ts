import type { Clock } from '@mcp-cluster/kernel';
import type { SplicePass } from '@mcp-cluster/protocol';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { FailoverReason } from '../upstream/failure.policy.js';
import type { AnswerContext } from './client-answer.js';
import type { RequestKind } from './request-kind.js';
import type { RetryBudget } from './retry-budget.js';
import type { Router } from './router.js';
import type { SpliceMetrics } from './splice.metrics.js';
import type { ToolCatalog } from './tool-catalog.js';
import type { WaitingRoom } from './waiting-room.js';

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
  /** A node does not answer its checks any more: a request that can go on elsewhere leaves it. */
  nodeDown(node: ClusterNode): void;
}

/** What all relays of a manager share. */
export interface RelayContext extends AnswerContext {
  readonly router: Router;
  readonly clock: Clock;
  /** False once standing streams were ended for the drain: one that comes then would hold it up to its limit. */
  readonly takesStreams: boolean;
  readonly waiting: WaitingRoom;
  readonly tools: ToolCatalog;
  readonly passes: SplicePass;
  /** Bounds retries at nodes that refuse; requests whose node was lost go on without asking it. */
  readonly retries: RetryBudget;
  readonly splices: SpliceMetrics;
  /** Idempotency keys are known in the whole cluster. */
  readonly sharedStore: boolean;
  /** The relay has ended, exactly once. `status` is what the client got, or 499 when it had gone. */
  ended(relay: Relayed, status: number): void;
  /** A node has answered, whatever it said. */
  answered(): void;
  /** A node failed a request: counts towards its health. */
  nodeFailed(relay: Relayed, node: ClusterNode, error: Error): void;
  /** A request goes to another node. */
  failedOver(reason: FailoverReason): void;
  /** A node died with a request, which nobody else may be given. */
  lost(): void;
  /** A request that a node refused is not given to another one: too many are. */
  retryDenied(): void;
  /** Whether a node is ready that is not among these. */
  hasOther(tried: readonly ClusterNode[]): boolean;
  /** @param tried whether a node was tried and could not be reached */
  refusalReason(tried: boolean): RefusalReason;
}
