import type { IncomingHttpHeaders } from 'node:http';
import { pickTwoChoices } from '@mcp-cluster/balance';
import { chooseSessionNode } from '@mcp-cluster/cluster';
import type { Rng } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Lane } from '../upstream/upstream.js';
import type { HomeOf } from './session-homes.js';
import { isStateless } from './request-kind.js';
import { taskIn } from './task-header.js';

/** The nodes that may be chosen. */
export interface Takers {
  /** Those that take calls now. */
  readonly ready: readonly ClusterNode[];
  /** All members. */
  nodes(): readonly ClusterNode[];
}

/** Where what lives on one node is at home. */
export interface Homes {
  readonly ofSession: HomeOf;
  readonly ofTask: HomeOf;
}

/** Decides which node gets a request, by its headers alone: no body is parsed on the way through. */
export class Router {
  constructor(
    private readonly takers: Takers,
    private readonly homes: Homes,
    private readonly rng: Rng,
  ) {}

  /**
   * @param tried nodes that this request has failed on: each is tried at most once
   * @returns undefined when no node is left that could take it
   */
  choose(headers: IncomingHttpHeaders, lane: Lane, tried: readonly ClusterNode[] | undefined): ClusterNode | undefined {
    const home = this.taskHome(headers);
    // Another node would say that there is no such task, and its client would give up what it waits for. A full home
    // means "try again".
    if (home !== undefined && tried?.includes(home) !== true) return home.isFull(lane) ? undefined : home;
    const ready = this.takers.ready;
    const node = this.pick(headers, tried === undefined ? ready : ready.filter((one) => !tried.includes(one)));
    if (node === undefined || !node.isFull(lane)) return node;
    return this.pick(
      headers,
      ready.filter((one) => !one.isFull(lane) && tried?.includes(one) !== true),
    );
  }

  private pick(headers: IncomingHttpHeaders, candidates: readonly ClusterNode[]): ClusterNode | undefined {
    const session = headers['mcp-session-id'];
    // 2026-07-28 has no sessions; a session id that comes with it means nothing.
    if (typeof session !== 'string' || isStateless(headers)) return pickTwoChoices(candidates, this.rng);
    return chooseSessionNode(session, this.homes.ofSession(session), candidates);
  }

  /**
   * The node that made the task which the request is about, if it can be asked. A draining node can: its tasks are
   * what it still has to finish. Without one any node will do; it knows the task from a shared store, or answers that
   * there is none.
   */
  private taskHome(headers: IncomingHttpHeaders): ClusterNode | undefined {
    if (!isStateless(headers)) return undefined;
    const task = taskIn(headers);
    const id = task === undefined ? undefined : this.homes.ofTask(task);
    if (id === undefined) return undefined;
    const isHome = (node: ClusterNode): boolean => node.id === id;
    return (
      this.takers.ready.find(isHome) ??
      this.takers.nodes().find((node) => isHome(node) && node.health.state === 'draining')
    );
  }
}
