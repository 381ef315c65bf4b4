import type { NodeConfig } from '@mcp-cluster/config';
import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { ClusterBus, Ledger, MarkStore, SessionStore, StreamArchive, TaskStore } from '@mcp-cluster/protocol';
import {
  NodeLease,
  openRedis,
  RedisBus,
  RedisLedger,
  RedisMarkStore,
  RedisSessionStore,
  RedisStreamArchive,
  RedisTaskStore,
  type RedisSettings,
  type RedisStore,
} from '@mcp-cluster/redis';
import { StoreMetrics, type Logger, type Registry } from '@mcp-cluster/telemetry';

/** Milliseconds that a start waits for Redis: longer than it takes to connect, shorter than anybody notices. */
const START_PATIENCE_MS = 2_000;

export interface SharedStateParts {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Where a node listens, as other processes reach it. */
export interface Listening {
  readonly origin: string;
  readonly managementOrigin: string;
  readonly version: string;
}

/** What this node shares with the others of its cluster, in Redis. */
export class SharedState {
  /** The cluster's time: a wall clock that jumps here expires nothing. */
  readonly clock: Clock;
  readonly bus: ClusterBus;
  /** As the dispatcher takes them. */
  readonly stores: {
    readonly sessionStore: SessionStore;
    readonly ledger: Ledger;
    readonly marks: MarkStore;
    readonly taskStore: TaskStore;
  };
  readonly streams: StreamArchive;
  private readonly store: RedisStore;
  private readonly redisBus: RedisBus;
  private readonly lease: NodeLease;

  private constructor(
    private readonly parts: SharedStateParts,
    url: string,
  ) {
    const { config, clock, rng, background, logger, registry } = parts;
    const { nodeId } = config.cluster;
    const redis: RedisSettings = {
      url,
      prefix: config.redis.prefix,
      name: `node-${nodeId}`,
      clock,
      background,
      rng,
      observer: new StoreMetrics(registry, () => this.status === 'ok'),
      onState: ({ status, reason }) => {
        if (status === 'ok') logger.info('the shared store answers');
        else logger.warn({ reason }, `the shared store (--redis) is ${status}; state stays in this process meanwhile`);
      },
    };
    const store = openRedis(redis);
    this.store = store;
    this.clock = store.time;
    this.redisBus = new RedisBus({ redis, store });
    this.bus = this.redisBus;
    const incarnation = rng.bytes(9).toString('base64url');
    this.lease = new NodeLease({ store, clock, background, id: nodeId, incarnation });
    const { owner } = this.lease;
    this.streams = new RedisStreamArchive(store, { owner, background });
    this.stores = {
      sessionStore: new RedisSessionStore(store, { idleMs: config.sessions.idleMs }),
      ledger: new RedisLedger(store, { owner }),
      marks: new RedisMarkStore(store),
      taskStore: new RedisTaskStore(store, { owner }),
    };
  }

  /**
   * Undefined where no Redis is configured: then each node has only what it knows itself. So has one on stdio: its one
   * client has no other node to go to, and it has no address to hold a lease for.
   */
  static open(parts: SharedStateParts): SharedState | undefined {
    const { redis, node } = parts.config;
    return redis.url === undefined || node.stdio ? undefined : new SharedState(parts, redis.url);
  }

  /**
   * Calls back when this node has its lease again after it had lost it: others may have taken over meanwhile what it
   * owned.
   */
  onLeaseRegained(listener: () => void): void {
    let lost = false;
    this.lease.onChange((held) => {
      if (held && lost) listener();
      lost = !held;
    });
  }

  /** For `/readyz`: readiness itself never depends on the store (reliability.md, experiment 6). */
  get status(): 'ok' | 'degraded' {
    return this.store.state.status === 'ok' ? 'ok' : 'degraded';
  }

  /** Waits a moment for the store, so that the first session is not served without it. */
  async awaited(): Promise<void> {
    await Promise.all([this.store.answers(START_PATIENCE_MS), this.redisBus.attached(START_PATIENCE_MS)]);
  }

  /** Lets managers and other nodes know of this one. */
  async register({ origin, managementOrigin, version }: Listening): Promise<void> {
    await this.lease.start({ origin, managementOrigin, pid: process.pid, version });
  }

  /** Gives the lease up, so that nobody waits for it, and closes. */
  async close(): Promise<void> {
    await this.lease.stop();
    await this.redisBus.close();
    this.store.close();
  }
}
