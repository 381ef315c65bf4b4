import type { Params, RequestId } from '../wire/message.js';
import type { ListKind } from '../exchange/context.js';

/** What nodes tell each other. Small, JSON, and safe to receive twice. */
export type ClusterEvent =
  | { readonly type: 'list-changed'; readonly kind: ListKind }
  | { readonly type: 'resource-updated'; readonly uri: string }
  | { readonly type: 'cancelled'; readonly session: string; readonly request: RequestId; readonly reason: string }
  | { readonly type: 'session-ended'; readonly session: string }
  /** A task's state: the members of a `DetailedTask` as JSON. */
  | { readonly type: 'task-changed'; readonly taskId: string; readonly members: string }
  | { readonly type: 'task-answered'; readonly taskId: string; readonly responses: Params }
  | { readonly type: 'task-cancelled'; readonly taskId: string }
  /** Somebody listens to these tasks from now on: who knows them tells their states. */
  | { readonly type: 'task-wanted'; readonly taskIds: readonly string[] };

/**
 * Carries events to every node of the cluster, the sender included. Best effort: what must not be lost
 * is not told over the bus.
 */
export interface ClusterBus {
  publish(event: ClusterEvent): void;
  subscribe(listener: (event: ClusterEvent) => void): void;
}

/**
 * Tells this node's subscribers, and no other node's, of a change: for what every node sees by itself, such as
 * files of a shared folder, where a word over the bus would reach each subscriber once a node.
 */
export interface Announcer {
  listChanged(kind: ListKind): void;
  resourceUpdated(uri: string): void;
}

/** The bus of a cluster of one: in process, at once. */
export class LocalBus implements ClusterBus {
  private readonly listeners: ((event: ClusterEvent) => void)[] = [];

  publish(event: ClusterEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  subscribe(listener: (event: ClusterEvent) => void): void {
    this.listeners.push(listener);
  }
}
