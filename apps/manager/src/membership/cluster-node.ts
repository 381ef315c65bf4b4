import { UNSEEN, type Health, type NodeStatus } from '@mcp-cluster/cluster';
import {
  MAX_CALL_CONNECTIONS,
  MAX_STREAM_CONNECTIONS,
  MAX_WAITING_CALLS,
  type Lane,
  type Link,
} from '../upstream/upstream.js';

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
type Report = Pick<NodeStatus, 'version' | 'inFlight' | 'sessions' | 'streams'>;

/** A member of the cluster as this manager knows it. Only Membership changes its health. */
export class ClusterNode {
  /** What sealed session ids call it. Until the first status arrives it may be the key. */
  id: string;
  health: Health = UNSEEN;
  report: Report;
  /** Monotonic milliseconds since when it is down, if it is. */
  downSince: number | undefined;
  /** Discovery no longer lists it. Advisory: it leaves when health fails too. */
  absent = false;
  private readonly open: Record<Lane, number> = { calls: 0, streams: 0 };

  constructor(
    readonly address: NodeAddress,
    readonly link: Link,
  ) {
    this.id = address.id ?? address.key;
    this.report = { version: address.version ?? '', inFlight: 0, sessions: 0, streams: 0 };
  }

  get url(): string {
    return `${this.address.origin}/mcp`;
  }

  /** Requests of this manager that the node has: calls and streams. What the balancer compares. */
  get inFlight(): number {
    return this.open.calls + this.open.streams;
  }

  /** Whether all connections of the lane, and all places to wait for one, are taken. */
  isFull(lane: Lane): boolean {
    return this.open[lane] >= CAPACITY[lane];
  }

  begin(lane: Lane): void {
    this.open[lane] += 1;
  }

  end(lane: Lane): void {
    this.open[lane] -= 1;
  }
}

const CAPACITY: Readonly<Record<Lane, number>> = {
  calls: MAX_CALL_CONNECTIONS + MAX_WAITING_CALLS,
  // A stream that waits for a connection is of no use to anybody.
  streams: MAX_STREAM_CONNECTIONS,
};
