import { MemoryLeadership, type FencedRegister, type Leadership, type NodeDirectory } from '@mcp-cluster/cluster';
import type { ManagerConfig } from '@mcp-cluster/config';
import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import { FencedValue, openRedis, RedisLeadership, RedisNodeDirectory, type StoreState } from '@mcp-cluster/redis';
import { StoreMetrics, type Logger, type Registry } from '@mcp-cluster/telemetry';

/** Bytes of the name under which a life of this process leads: no two are ever the same. */
const HOLDER_BYTES = 9;

/** What this manager has of the store that the cluster shares. Without one it leads alone. */
export interface SharedStore {
  /** Nodes that registered; undefined without a store. */
  readonly directory: NodeDirectory | undefined;
  readonly leadership: Leadership;
  /** Where managers agree on the number of nodes. */
  readonly register: FencedRegister | undefined;
  /** `memory` without a store. Readiness never depends on it (reliability.md, experiment 6). */
  readonly status: 'ok' | 'degraded' | 'memory';
  /** Lets another manager lead and closes the connection. */
  close(): Promise<void>;
}

export interface SharedStoreParts {
  /** Undefined: there is none. */
  readonly url: string | undefined;
  readonly config: Pick<ManagerConfig, 'redis' | 'cluster'>;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Opens it without waiting for it: one that is away is a warning, and is used from when it comes back. */
export function openSharedStore(parts: SharedStoreParts): SharedStore {
  const { url, config, clock, rng, background, registry, logger } = parts;
  if (url === undefined) {
    const leadership = new MemoryLeadership();
    return { directory: undefined, leadership, register: undefined, status: 'memory', close: () => leadership.stop() };
  }
  const { nodeId } = config.cluster;
  const metrics = new StoreMetrics(registry, () => store.state.status === 'ok');
  const store = openRedis({
    url,
    prefix: config.redis.prefix,
    name: nodeId,
    clock,
    background,
    rng,
    observer: metrics,
    onState: teller(logger),
  });
  const holder = `${nodeId}-${rng.bytes(HOLDER_BYTES).toString('base64url')}`;
  const leadership = new RedisLeadership({ store, clock, background, holder });
  leadership.onChange((term) => {
    logger.info({ leads: term !== undefined, term: term?.token }, 'leadership changed');
  });
  return {
    directory: new RedisNodeDirectory(store),
    leadership,
    register: new FencedValue(store, 'size'),
    get status() {
      return store.state.status === 'ok' ? 'ok' : 'degraded';
    },
    close: async () => {
      await leadership.stop();
      store.close();
    },
  };
}

/** One line each time it goes or comes; why it stays away may change many times. */
function teller(logger: Logger): (state: StoreState) => void {
  let told: StoreState['status'] = 'connecting';
  return ({ status, reason }) => {
    if (status === told) return;
    told = status;
    if (status === 'ok') logger.info('Redis answers');
    else
      logger.warn(
        { reason },
        'Redis does not serve us (--redis or REDIS_URL): what needs no shared state goes on, the rest waits or is refused',
      );
  };
}
