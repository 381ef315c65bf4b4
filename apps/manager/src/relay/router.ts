import type { IncomingHttpHeaders } from 'node:http';
import { BoundedHash, pickNode } from '@mcp-cluster/balance';
import { chooseSessionNode } from '@mcp-cluster/cluster';
import { systemClock, type Clock, type Rng } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Lane } from '../upstream/upstream.js';
import type { HomeOf } from './session-homes.js';
import { isStateless } from './request-kind.js';
import { RouteKeys, type CacheableTools } from './route-key.js';
import { taskIn } from './task-header.js';

/** The nodes that may be chosen. */
export interface Takers {
  /** Those that take calls now. */
  readonly ready: readonly ClusterNode[];
  /** The same array as `ready`, and another one in a panic: see Membership. */
  readonly candidates: readonly ClusterNode[];
  /** All members. */
  nodes(): readonly ClusterNode[];
}

/** Where what lives on one node is at home. */
export interface Homes {
  readonly ofSession: HomeOf;
  readonly ofTask: HomeOf;
}

/**
 * What decided where a request went.
 * - `balanced`: the cheaper of two nodes
 * - `cached`: the node that has the key of a cacheable request, and so nearly always the answer
 * - `spilled`: the next one of the key that is well, because that node has too much, is ill or has failed this request
 * - `session`: the node that made the session
 * - `rehomed`: the node that the session id's hash gives, because its own is not usable
 * - `task`: the node that made the task
 * - `panic`: too few nodes are ready, so the others were in the choice too, whatever then decided
 * - `none`: there is no node to take it
 */
export const PICK_REASONS = ['balanced', 'cached', 'spilled', 'session', 'rehomed', 'task', 'panic', 'none'] as const;
export type PickReason = (typeof PICK_REASONS)[number];

/** Whether equal cacheable requests go to one node, or all are balanced. */
export type Routing = 'cache-aware' | 'balanced';

/** Told of each choice. */
export interface PickCount {
  picked(reason: PickReason): void;
}

const UNCOUNTED: PickCount = { picked: () => undefined };
const UNCACHED: CacheableTools = { scopeOf: () => undefined };

export interface RouterOptions {
  readonly clock?: Clock;
  readonly picks?: PickCount;
  /** `cache-aware` unless told otherwise. */
  readonly routing?: Routing;
  /** None without. */
  readonly tools?: CacheableTools;
}

/**
 * Decides which node gets a request, by its headers alone but for calls of tools whose results are kept: no other body
 * is parsed on the way through.
 */
export class Router {
  private readonly clock: Clock;
  private readonly picks: PickCount;
  private readonly keys: RouteKeys | undefined;
  private readonly hash = new BoundedHash<ClusterNode>();

  constructor(
    private readonly takers: Takers,
    private readonly homes: Homes,
    private readonly rng: Rng,
    { clock = systemClock, picks = UNCOUNTED, routing = 'cache-aware', tools = UNCACHED }: RouterOptions = {},
  ) {
    this.clock = clock;
    this.picks = picks;
    this.keys = routing === 'cache-aware' ? new RouteKeys(tools) : undefined;
  }

  /**
   * @param tried nodes that this request has failed on: each is tried at most once
   * @param body of a POST
   * @returns undefined when no node is left that could take it
   */
  choose(
    headers: IncomingHttpHeaders,
    lane: Lane,
    tried: readonly ClusterNode[] | undefined,
    body: Buffer | null = null,
  ): ClusterNode | undefined {
    const stateless = isStateless(headers);
    const home = stateless ? this.taskHome(headers) : undefined;
    // Another node would say that there is no such task, and its client would give up what it waits for. A full home
    // means "try again".
    if (home !== undefined && tried?.includes(home) !== true) {
      const node = home.isFull(lane) ? undefined : home;
      this.picks.picked(node === undefined ? 'none' : 'task');
      return node;
    }
    const { candidates, ready } = this.takers;
    const panic = candidates !== ready;
    if (stateless && !panic) {
      const node = this.place(headers, lane, tried, body);
      if (node !== undefined) return node;
    }
    const usable = panic || tried !== undefined ? candidates.filter((one) => this.isUsable(one, tried)) : ready;
    const session = stateless ? undefined : sessionOf(headers);
    // Opened once: a long id is decrypted each time.
    const sessionHome = session === undefined ? undefined : this.homes.ofSession(session);
    let node = this.pick(session, sessionHome, lane, usable);
    if (node?.isFull(lane) === true) {
      const free = usable.filter((one) => !one.isFull(lane));
      node = this.pick(session, sessionHome, lane, free);
    }
    if (node === undefined) this.picks.picked('none');
    else if (panic) this.picks.picked('panic');
    else if (session === undefined) this.picks.picked('balanced');
    else this.picks.picked(node.id === sessionHome ? 'session' : 'rehomed');
    return node;
  }

  /** The node that a cacheable request belongs to; undefined for any other, and when no node of its order may have it. */
  private place(
    headers: IncomingHttpHeaders,
    lane: Lane,
    tried: readonly ClusterNode[] | undefined,
    body: Buffer | null,
  ): ClusterNode | undefined {
    const key = lane === 'calls' ? this.keys?.of(headers, body) : undefined;
    if (key === undefined) return undefined;
    const placed = this.hash.place(this.takers.ready, key, this.clock.monotonic(), tried);
    if (placed === undefined || placed.node.isFull(lane)) return undefined;
    this.picks.picked(placed.spilled ? 'spilled' : 'cached');
    return placed.node;
  }

  private pick(
    session: string | undefined,
    home: string | undefined,
    lane: Lane,
    usable: readonly ClusterNode[],
  ): ClusterNode | undefined {
    // A POST without a session id that is not stateless begins a session: it is placed like a call.
    if (session === undefined) return pickNode(usable, lane, this.clock.monotonic(), this.rng);
    return chooseSessionNode(session, home, usable);
  }

  /**
   * The node that made the task which the request is about, if it can be asked. A draining node can: its tasks are
   * what it still has to finish. Without one any node will do; it knows the task from a shared store, or answers that
   * there is none.
   */
  private taskHome(headers: IncomingHttpHeaders): ClusterNode | undefined {
    const task = taskIn(headers);
    const id = task === undefined ? undefined : this.homes.ofTask(task);
    if (id === undefined) return undefined;
    const isHome = (node: ClusterNode): boolean => node.id === id;
    return (
      this.takers.candidates.find((node) => isHome(node) && this.isUsable(node)) ??
      this.takers.nodes().find((node) => isHome(node) && node.health.state === 'draining')
    );
  }

  /** In a panic a node that is out gets no more than some trials until it has answered one. */
  private isUsable(node: ClusterNode, tried?: readonly ClusterNode[]): boolean {
    if (tried?.includes(node) === true) return false;
    const { candidates, ready } = this.takers;
    return candidates === ready || ready.includes(node) || node.worthATrial;
  }
}

/** Not asked of 2026-07-28, which has no sessions: a session id that comes with it means nothing. */
function sessionOf(headers: IncomingHttpHeaders): string | undefined {
  const session = headers['mcp-session-id'];
  return typeof session === 'string' ? session : undefined;
}
