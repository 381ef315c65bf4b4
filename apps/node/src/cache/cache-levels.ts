import type { CacheTier, SharedTier } from '@mcp-cluster/cache';
import { DiskTier } from '@mcp-cluster/disk';
import type { NodeConfig } from '@mcp-cluster/config';
import { systemClock, type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import { openRedis, RedisCacheTier } from '@mcp-cluster/redis';
import type { Logger } from '@mcp-cluster/telemetry';

/** Milliseconds that a start waits for the cache's Redis, as for that of the state. */
const START_PATIENCE_MS = 2_000;

/** What levels are opened with. */
export interface LevelParts {
  readonly config: NodeConfig;
  /** The cluster's wall time. */
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly logger: Logger;
}

export interface NodeSharedLevel {
  readonly tier: SharedTier;
  /** Waits a moment for it. */
  answers(): Promise<boolean>;
  close(): void;
}

export interface NodeDiskLevel {
  readonly tier: CacheTier & { close(): Promise<void> };
}

/** A connection of the cache's own, also where the state is in the same Redis: what is slow for one must not be for the other. */
export function openSharedLevel({ config, rng, background, logger }: LevelParts): NodeSharedLevel | undefined {
  const { redisUrl } = config.cache;
  if (redisUrl === undefined) return undefined;
  const store = openRedis({
    url: redisUrl,
    prefix: config.redis.prefix,
    name: `cache-${config.cluster.nodeId}`,
    clock: systemClock,
    background,
    rng,
    onState: ({ status, reason }) => {
      if (status === 'ok') logger.info('the shared level of the cache answers');
      else
        logger.warn(
          { reason },
          `the shared level of the cache (--cache-redis) is ${status}; nodes cache for themselves`,
        );
    },
  });
  return {
    tier: new RedisCacheTier(store, { clock: systemClock, background }),
    answers: () => store.answers(START_PATIENCE_MS),
    close: () => {
      store.close();
    },
  };
}

/** Resolves when the disk works, or is known not to. */
export async function openDiskLevel({
  config,
  clock,
  background,
  logger,
}: LevelParts): Promise<NodeDiskLevel | undefined> {
  const { dir, diskBytes } = config.cache;
  if (dir === undefined) return undefined;
  const tier = await DiskTier.open({
    directory: dir,
    maxBytes: diskBytes,
    clock,
    background,
    onState: (state) => {
      if (state.state === 'ok') logger.info('the disk level of the cache works');
      else logger.warn({ reason: state.reason }, `the disk level of the cache (--cache-dir) is ${state.state}`);
    },
  });
  return { tier };
}
