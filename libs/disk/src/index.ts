export type { DiskFault, DiskState } from './disk-state.js';
export { DiskTier, type DiskTierOptions } from './disk.tier.js';
/** For a store in the caller's own thread: tests, and the benchmark that says why it has one of its own. */
export type { StoreLink } from './link/store-link.js';
export { StoreServer } from './store/store-server.js';
