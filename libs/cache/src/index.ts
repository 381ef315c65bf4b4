export * from './cache.observer.js';
export type { CacheTier, ClaimRequest, EntryMeta, SharedAnswer, SharedTier, TierLevel, TierSize } from './tier/tier.js';
