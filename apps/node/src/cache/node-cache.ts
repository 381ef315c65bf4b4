import {
  CacheMetrics,
  CacheStack,
  ComputedCache,
  decodeEntry,
  encodeEntry,
  HitReporter,
  Prefetcher,
  PrefetchingCache,
  PrefetchMetrics,
  readMeta,
  SizeSampler,
  warmUp,
  type CacheLevel,
} from '@mcp-cluster/cache';
import type { ClusterBus, ResultCache } from '@mcp-cluster/protocol';
import type { ProcessLoad, Registry } from '@mcp-cluster/telemetry';
import { CacheAdmin } from './cache-admin.js';
import {
  openDiskLevel,
  openSharedLevel,
  type LevelParts,
  type NodeDiskLevel,
  type NodeSharedLevel,
} from './cache-levels.js';

/** Of a core, of the memory or of the event loop's time: above it nothing is loaded that nobody has asked for yet. */
const PRESSURE_PERCENT = 75;

export interface NodeCacheParts extends LevelParts {
  readonly registry: Registry;
  readonly bus: ClusterBus;
  /** How busy this process is. */
  readonly load: () => ProcessLoad;
}

/** The cache of this node, with its levels, as it is put together from the configuration. */
export class NodeCache {
  /** What the dispatcher asks. */
  readonly results: ResultCache;
  /** What tools ask for what they compute. */
  readonly computed: ComputedCache;
  readonly admin: CacheAdmin;
  private readonly stack: CacheStack;
  private readonly prefetcher: Prefetcher | undefined;
  private readonly reporter: HitReporter | undefined;

  private constructor(
    private readonly parts: NodeCacheParts,
    private readonly shared: NodeSharedLevel | undefined,
    private readonly disk: NodeDiskLevel | undefined,
  ) {
    const { config, clock, rng, background, registry, bus, load } = parts;
    const { nodeId } = config.cluster;
    const levels: CacheLevel[] = ['l1', ...(shared ? (['l2'] as const) : []), ...(disk ? (['l3'] as const) : [])];
    const metrics = new CacheMetrics(registry, levels);
    const stack = new CacheStack({
      clock,
      rng,
      background,
      bus,
      owner: `${nodeId}/${rng.bytes(9).toString('base64url')}`,
      observer: metrics,
      codec: { encode: encodeEntry, decode: decodeEntry, readMeta },
      memory: { entries: config.cache.entries, bytes: config.cache.bytes },
      shared: shared?.tier,
      disk: disk?.tier,
    });
    this.stack = stack;
    const sampler = new SizeSampler(() => stack.sizes(), clock, background);
    metrics.showSizes(() => sampler.read());
    const totals = () => metrics.totals();
    if (config.cache.prefetch) {
      const observer = new PrefetchMetrics(registry);
      const pressure = (): boolean => isPressed(load());
      this.prefetcher = new Prefetcher({ stack, clock, background, pressure, observer });
      this.results = new PrefetchingCache(stack, this.prefetcher);
      this.admin = new CacheAdmin({ nodeId, cache: stack, levels, totals, prefetch: () => observer.totals() });
    } else {
      this.results = stack;
      this.admin = new CacheAdmin({ nodeId, cache: stack, levels, totals });
    }
    this.computed = new ComputedCache(stack);
    this.reporter = shared && new HitReporter({ shared: shared.tier, stack, clock, rng, background });
  }

  /** Undefined where the configuration wants none. A level that does not work is a warning. */
  static async open(parts: NodeCacheParts): Promise<NodeCache | undefined> {
    const { config } = parts;
    if (!config.cache.enabled) return undefined;
    // One client on stdio has no other node to share with.
    const shared = config.node.stdio ? undefined : openSharedLevel(parts);
    return new NodeCache(parts, shared, await openDiskLevel(parts));
  }

  /** Catches up with what was invalidated while this node was down, and fills the first level: before it takes calls. */
  async ready(): Promise<void> {
    const { shared, stack, parts } = this;
    const { clock, logger, config } = parts;
    const { entries, bytes, warmMs } = config.cache;
    if (shared !== undefined) {
      await shared.answers();
      await stack.catchUp();
      if (warmMs > 0) {
        const report = await warmUp({ shared: shared.tier, stack, clock, entries, bytes, limitMs: warmMs });
        logger.info({ ...report }, 'cache warmed up');
      }
    }
    this.reporter?.start();
    this.prefetcher?.start();
  }

  async close(): Promise<void> {
    this.reporter?.stop();
    this.prefetcher?.stop();
    // What its last calls brought, and what it owes, reaches the levels before they are closed.
    await this.stack.close();
    await this.disk?.tier.close();
    this.shared?.close();
  }
}

function isPressed({ cpuPercent, memoryPercent, eventLoopPercent }: ProcessLoad): boolean {
  return Math.max(cpuPercent, memoryPercent, eventLoopPercent) > PRESSURE_PERCENT;
}
