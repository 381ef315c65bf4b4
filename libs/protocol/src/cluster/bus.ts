import type { Params, RequestId, ResponseMessage } from '../wire/message.js';
import type { ListKind } from '../exchange/context.js';

/**
 * What nodes tell each other. Small, JSON, and safe to receive twice. Sessions are named by their mark (`sessionMark`):
 * their ids are secrets, and a bus may keep what it carries.
 */
export type ClusterEvent =
  | { readonly type: 'list-changed'; readonly kind: ListKind }
  | { readonly type: 'resource-updated'; readonly uri: string }
  | { readonly type: 'cancelled'; readonly session: string; readonly request: RequestId; readonly reason: string }
  | { readonly type: 'session-ended'; readonly session: string }
  /** Its log level or its subscriptions are others now: whoever serves it looks into the store. */
  | { readonly type: 'session-changed'; readonly session: string }
  /** A client's answer to a question that another node asked. */
  | { readonly type: 'ask-answered'; readonly session: string; readonly message: ResponseMessage }
  /** Only from a bus to its own node: events may have been missed, so everything may have changed. */
  | { readonly type: 'resync' }
  /** A task's state: the members of a `DetailedTask` as JSON. */
  | { readonly type: 'task-changed'; readonly taskId: string; readonly members: string }
  | { readonly type: 'task-answered'; readonly taskId: string; readonly responses: Params }
  | { readonly type: 'task-cancelled'; readonly taskId: string }
  /** What carries one of these tags and was born at this version or before is not served any more. */
  | { readonly type: 'cache-invalidated'; readonly tags: readonly string[]; readonly version: number }
  /** An entry that somebody waited for is in the shared level now, or nobody loads it any more. */
  | { readonly type: 'cache-settled'; readonly id: string }
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
