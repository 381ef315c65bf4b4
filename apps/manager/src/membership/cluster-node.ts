import { NodeLoad } from '@mcp-cluster/balance';
import { UNSEEN, type Health, type NodeStatus } from '@mcp-cluster/cluster';
import { systemClock, type Clock } from '@mcp-cluster/kernel';
import {
  MAX_CALL_CONNECTIONS,
  MAX_STREAM_CONNECTIONS,
  MAX_WAITING_CALLS,
  type Lane,
  type Link,
} from '../upstream/upstream.js';
import { meaningOf } from './answer-meaning.policy.js';

/** Where a node is, as a discovery found it. */
export interface NodeAddress {
  /** Unique among the members: the address, or the id where the supervisor gives ids. */
  readonly key: string;
  /** The node's id if it is known already; its status says it otherwise. */
  readonly id?: string;
  /** Of its MCP port, for example `http://127.0.0.1:3001`. */
  readonly origin: string;
  /** Of its management port. */
  readonly managementOrigin: string;
  readonly pid?: number;
  readonly version?: string;
}

/** What a node reports of itself and the manager only passes on. */
type Report = Pick<NodeStatus, 'version' | 'inFlight' | 'sessions' | 'streams' | 'load'>;

/** How a call failed at a node: its connection did, or the node said that it is broken. A closed set, for metrics. */
export const CALL_FAILURES = ['unreachable', 'server_error'] as const;
export type CallFailure = (typeof CALL_FAILURES)[number];

/** Who judges a node by its calls. Membership makes one for each node. */
export interface CallWatch {
  readonly clock: Clock;
  answered(): void;
  failed(how: CallFailure): void;
}

const UNWATCHED: CallWatch = { clock: systemClock, answered: () => undefined, failed: () => undefined };

/**
 * Calls that a node which is out may hold in a panic without a proof that it works: enough to find out, few enough that a
 * node that really hangs takes next to nothing with it.
 */
export const PANIC_TRIALS = 3;
/**
 * Milliseconds that an answer proves that a node works. Less than the 1.4 s that a node hangs at the least before its checks
 * say so: what it answered before is no proof then, and of nodes whose check is wrong it is one.
 */
export const PROOF_MS = 1000;

/**
 * A member of the cluster as this manager knows it. Only Membership changes its health.
 *
 * A relay tells of each request that it gives to a node, in this order:
 *
 * 1. `const begunAt = node.begin(lane)`
 * 2. at most one of `node.firstByte(lane, begunAt, status)`, with the head of the answer (the final one, not 1xx), and
 *    `node.callFailed()`, when the connection failed and it is the node's doing
 * 3. `node.end(lane)`, exactly once, however it ended
 *
 * A retry at another node is another request. Without step 2 the call says nothing about the node.
 */
export class ClusterNode {
  /** What sealed session ids call it. Until the first status arrives it may be the key. */
  id: string;
  health: Health = UNSEEN;
  report: Report;
  /** Monotonic milliseconds since when it is down, if it is. */
  downSince: number | undefined;
  /** Discovery no longer lists it. Advisory: it leaves when health fails too. */
  absent = false;
  /** How busy and how quick it is, as this manager sees it: what the balancer compares. */
  readonly load = new NodeLoad();
  /** Monotonic milliseconds of its last answer to a call, if none has failed since. */
  private answeredAt = -Infinity;

  constructor(
    readonly address: NodeAddress,
    readonly link: Link,
    private readonly watch: CallWatch = UNWATCHED,
  ) {
    this.id = address.id ?? address.key;
    this.report = { version: address.version ?? '', inFlight: 0, sessions: 0, streams: 0 };
  }

  get url(): string {
    return `${this.address.origin}/mcp`;
  }

  /** Requests of this manager that the node has: calls and streams. */
  get inFlight(): number {
    return this.load.calls + this.load.streams;
  }

  /** Calls of this manager that wait for a connection to the node. */
  get waiting(): number {
    return Math.max(0, this.load.calls - MAX_CALL_CONNECTIONS);
  }

  /** Whether all connections of the lane, and all places to wait for one, are taken. */
  isFull(lane: Lane): boolean {
    return this.load[lane] >= CAPACITY[lane];
  }

  /**
   * The node gets a request.
   * @returns monotonic milliseconds, for `firstByte`
   */
  begin(lane: Lane): number {
    this.load.begin(lane);
    return this.watch.clock.monotonic();
  }

  /**
   * The head of the node's answer has come, or its client gave up before (status 499).
   * - below 500: the time counts towards the node's estimate, unless the lane is `streams`: those are answered before any work
   * - 499, "client closed": only that it takes at least this long
   * - 429 and 503: the node is busy. It gets fewer calls for a while; busy is not broken
   * - other 5xx: a failed call, as `callFailed`
   * @param begunAt what `begin` returned
   */
  firstByte(lane: Lane, begunAt: number, status: number): void {
    const now = this.watch.clock.monotonic();
    const meaning = meaningOf(status);
    if (meaning === 'broken') {
      this.callFailed('server_error');
    } else if (meaning === 'busy') {
      this.load.rtt.charge(now);
    } else if (meaning === 'abandoned') {
      if (lane === 'calls') this.load.rtt.observeAtLeast(now - begunAt, now);
    } else {
      if (lane === 'calls') this.load.rtt.observe(now - begunAt, now);
      this.answeredAt = now;
      this.watch.answered();
    }
  }

  /**
   * The node failed a call: it costs more for a while, is checked at once, and five in a row eject it. Not for
   * what clients do: not when the client held the answer up, nor for a stream that had begun.
   */
  callFailed(how: CallFailure = 'unreachable'): void {
    this.load.rtt.charge(this.watch.clock.monotonic());
    this.answeredAt = -Infinity;
    this.watch.failed(how);
  }

  /** The request has left the node, however it ended. */
  end(lane: Lane): void {
    this.load.end(lane);
  }

  /** It takes calls from now on: what was measured before it was out is forgotten, and its share grows from 10 %. */
  beginTaking(): void {
    this.load.rtt.forget();
    this.load.warm(this.watch.clock.monotonic());
  }

  /** Whether a call is not wasted on it in a panic, though checks or calls say that it is out. */
  get worthATrial(): boolean {
    return this.load.calls < PANIC_TRIALS || this.watch.clock.monotonic() - this.answeredAt < PROOF_MS;
  }
}

const CAPACITY: Readonly<Record<Lane, number>> = {
  calls: MAX_CALL_CONNECTIONS + MAX_WAITING_CALLS,
  // A stream that waits for a connection is of no use to anybody.
  streams: MAX_STREAM_CONNECTIONS,
};
