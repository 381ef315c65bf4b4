import type { ServerResponse } from 'node:http';
import type { Clock } from '@mcp-cluster/kernel';
import { closeStalled } from '@mcp-cluster/transports';
import type { SplicePass } from '@mcp-cluster/protocol';
import type { RequestFamilies } from '@mcp-cluster/telemetry';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Membership } from '../membership/membership.js';
import { CLIENT_CLOSED } from '../relay/relay.js';
import type { RefusalReason, RelayContext, Relayed } from '../relay/relay-context.js';
import type { RequestKind } from '../relay/request-kind.js';
import type { RetryBudget } from '../relay/retry-budget.js';
import type { Router } from '../relay/router.js';
import type { SpliceMetrics } from '../relay/splice.metrics.js';
import type { ToolCatalog } from '../relay/tool-catalog.js';
import type { WaitingRoom } from '../relay/waiting-room.js';
import { failoverReason, type FailoverReason } from '../upstream/failure.policy.js';
import type { UpstreamMetrics } from '../upstream/upstream.metrics.js';
import type { ByteBudget } from './byte-budget.js';
import type { ClientMetrics } from './client.metrics.js';
import { requestStatus } from './request-status.js';

/** Writes structured log lines; pino's logger is one. */
export interface DoorLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  isLevelEnabled(level: string): boolean;
}

export interface DoorRelayParts {
  readonly router: Router;
  readonly membership: Membership;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly requests: RequestFamilies;
  readonly upstream: UpstreamMetrics;
  readonly clients: ClientMetrics;
  /** Milliseconds that a client may take nothing of what waits for it. */
  readonly stallMs: number;
  readonly log: DoorLog;
  readonly collected: ByteBudget;
  readonly waiting: WaitingRoom;
  readonly tools: ToolCatalog;
  readonly passes: SplicePass;
  readonly splices: SpliceMetrics;
  readonly sharedStore: boolean;
  /** Made from how many requests are under way. */
  readonly retryBudget: (active: () => number) => RetryBudget;
}

/** The exchanges that are open at the door: counts them, measures them, and knows when the last has ended. */
export class DoorRelays implements RelayContext {
  readonly router: Router;
  readonly clock: Clock;
  readonly collected: ByteBudget;
  readonly waiting: WaitingRoom;
  readonly tools: ToolCatalog;
  readonly passes: SplicePass;
  readonly splices: SpliceMetrics;
  readonly sharedStore: boolean;
  readonly retries: RetryBudget;
  private readonly open = new Set<Relayed>();
  private standing = 0;
  private streamsEnded = false;
  private idle: (() => void) | undefined;

  constructor(private readonly parts: DoorRelayParts) {
    this.router = parts.router;
    this.clock = parts.clock;
    this.collected = parts.collected;
    this.waiting = parts.waiting;
    this.tools = parts.tools;
    this.passes = parts.passes;
    this.splices = parts.splices;
    this.sharedStore = parts.sharedStore;
    this.retries = parts.retryBudget(() => this.open.size);
  }

  /** Requests that were passed to a node, or wait for one, and have not ended. */
  get inFlight(): number {
    return this.open.size;
  }

  get takesStreams(): boolean {
    return !this.streamsEnded;
  }

  /** How many of them are streams that stand until somebody ends them. */
  get standingStreams(): number {
    return this.standing;
  }

  began(relay: Relayed): void {
    this.open.add(relay);
    if (relay.kind.lane === 'streams') this.standing += 1;
  }

  ended(relay: Relayed, status: number): void {
    // A relay that was given up ends once more when its node's connection has closed.
    if (!this.open.delete(relay)) return;
    if (relay.kind.lane === 'streams') this.standing -= 1;
    if (relay.body !== null) this.parts.budget.give(relay.body.length);
    const ms = this.parts.clock.monotonic() - relay.startedAt;
    this.parts.requests.observe(relay.kind.method, requestStatus(status), ms / 1000);
    if (status === CLIENT_CLOSED) this.parts.upstream.cancelled();
    if (this.parts.log.isLevelEnabled('debug'))
      this.parts.log.debug({ requestId: relay.requestId, method: relay.kind.method, status, ms }, 'request ended');
    if (this.open.size === 0) this.idle?.();
  }

  /** The door itself refused a request. */
  refused(kind: RequestKind, status: number, startedAt: number): void {
    const seconds = (this.parts.clock.monotonic() - startedAt) / 1000;
    this.parts.requests.observe(kind.method, requestStatus(status), seconds);
  }

  nodeFailed(relay: Relayed, node: ClusterNode, error: Error): void {
    const reason = failoverReason(error);
    // Not when its connections were closed from here, because the node had gone: nothing new about its health. Nor when
    // the client held the answer up, or its stream had begun: a node closes streams for reasons of its own, and what
    // clients do with theirs must not take nodes down. Health checks and refused connections tell a dead node.
    if (reason !== 'gone' && !relay.heldUp && !relay.streaming) node.callFailed();
    this.parts.log.warn(
      { requestId: relay.requestId, method: relay.kind.method, member: node.id, reason, error: error.message },
      'node failed a request',
    );
  }

  failedOver(reason: FailoverReason): void {
    this.parts.upstream.failedOver(reason);
  }

  lost(): void {
    this.parts.upstream.lost();
  }

  retryDenied(): void {
    this.parts.upstream.retryDenied();
  }

  hasOther(tried: readonly ClusterNode[]): boolean {
    return this.parts.membership.ready.some((node) => !tried.includes(node));
  }

  /** A node became ready: who waits for one goes first. */
  nodeReady(node: ClusterNode): void {
    this.waiting.look(node);
    this.tools.refresh();
  }

  /** A node is silent: what can go on elsewhere leaves it. */
  nodeDown(node: ClusterNode): void {
    for (const relay of [...this.open]) relay.nodeDown(node);
  }

  guardStalled(res: ServerResponse): void {
    closeStalled(res, this.parts.stallMs, () => {
      this.parts.clients.stalled();
    });
  }

  answered(): void {
    this.parts.upstream.answered();
  }

  refusalReason(tried: boolean): RefusalReason {
    if (tried) return 'unreachable';
    return this.parts.membership.ready.length === 0 ? 'no_node' : 'overloaded';
  }

  /** Ends the streams that would never end by themselves, and takes no more of them. */
  endStreams(): void {
    this.streamsEnded = true;
    for (const relay of [...this.open]) if (relay.kind.lane === 'streams') relay.endStream();
  }

  /** Ends everything that is left with an error: no client waits for its own timeout. */
  giveUp(): void {
    for (const relay of [...this.open]) relay.giveUp();
  }

  /** Resolves when no exchange is open. */
  whenIdle(): Promise<void> {
    if (this.open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.idle = resolve;
    });
  }
}
