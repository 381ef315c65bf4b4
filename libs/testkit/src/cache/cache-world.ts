import { Background, seededRng, type Rng } from '@mcp-cluster/kernel';
import type { ClusterBus } from '@mcp-cluster/protocol';
import { BusHub } from '../contracts/bus-hub.js';
import { VirtualClock } from '../virtual-clock.js';
import { ChaosSharedTier, ChaosTier } from './chaos-tier.js';
import { Chaos } from './chaos.js';
import { CountingObserver } from './counting-observer.js';
import { MemorySharedTier } from './memory-shared-tier.js';
import { MemoryTier } from './memory-tier.js';
import { plainCodec } from './plain-codec.js';

/** What a stack is made of, with what a test wants to look at or make ill. */
export interface WorldNode {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly background: Background;
  readonly bus: ClusterBus;
  readonly owner: string;
  readonly observer: CountingObserver;
  readonly codec: typeof plainCodec;
  readonly shared: ChaosSharedTier;
  readonly disk: ChaosTier;
}

/** The surroundings of several nodes' caches: one time, one bus, one shared level, and a disk for each node. */
export class CacheWorld {
  readonly clock = new VirtualClock();
  readonly shared = new MemorySharedTier(this.clock);
  /** Background work that failed, of all nodes: empty at the end of every test. */
  readonly failures: string[] = [];
  private readonly hub = new BusHub();
  private readonly disks = new Map<string, MemoryTier>();
  private readonly rng: Rng;
  private lives = 0;

  constructor(seed = 1) {
    this.rng = seededRng(seed);
  }

  /** A new life of a node; its disk is the one of its lives before. */
  node(name: string): WorldNode {
    const { clock, rng, shared } = this;
    const disk = this.disks.get(name) ?? new MemoryTier(clock);
    this.disks.set(name, disk);
    this.lives += 1;
    const background = new Background((what, error) => this.failures.push(`${what}: ${error.message}`));
    return {
      ...{ clock, rng, background, codec: plainCodec },
      bus: this.hub.attach(),
      owner: `${name}/${String(this.lives)}`,
      observer: new CountingObserver(),
      shared: new ChaosSharedTier(shared, new Chaos(clock, rng)),
      disk: new ChaosTier(disk, new Chaos(clock, rng)),
    };
  }

  /** Lets all happen that can happen now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await this.clock.advance(0);
  }

  /** Lets time pass, and all happen that follows. */
  async elapse(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms);
    await this.settle();
  }
}
