import type { CacheTier, SharedTier } from '@mcp-cluster/cache';
import { VirtualClock } from '@mcp-cluster/testkit';
import {
  cacheTierContract,
  sharedTierContract,
  sharedTierProperty,
  sharedTierWarmContract,
} from '../contracts/index.js';
import { MemorySharedTier, MemoryTier } from './index.js';

const opened = <T extends CacheTier>(make: (clock: VirtualClock) => T) => {
  const clock = new VirtualClock();
  const tier = make(clock);
  return Promise.resolve({ tier, now: () => clock.now(), elapse: (ms: number) => clock.advance(ms) });
};

const openShared = async () => {
  const { tier, ...time } = await opened<SharedTier>((clock) => new MemorySharedTier(clock));
  return { first: tier, second: tier, ...time };
};

cacheTierContract('MemoryTier', () => opened((clock) => new MemoryTier(clock)));
cacheTierContract('MemorySharedTier', () => opened((clock) => new MemorySharedTier(clock)));
sharedTierContract('MemorySharedTier', openShared);
sharedTierWarmContract('MemorySharedTier', openShared);
sharedTierProperty('MemorySharedTier', openShared, 300);
