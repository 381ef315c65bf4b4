export { Chaos, WELL, type Illness } from './chaos.js';
export { ChaosSharedTier, ChaosTier } from './chaos-tier.js';
export { MemorySharedTier } from './memory-shared-tier.js';
export { MemoryTier } from './memory-tier.js';
export { plainCodec } from './plain-codec.js';
export { CountingObserver } from './counting-observer.js';
export { CacheWorld, type WorldNode } from './cache-world.js';
export { HeldLoad, queryOf, type QueryWishes, type Run } from './held-load.js';
export { STORY_NODES, STORY_POLICIES, storyStep, type StoryStep } from './cache-story.js';
