export {
  idleSessionStoreContract,
  sessionStoreContract,
  type SessionStoreHarness,
  type TimedSessionStoreHarness,
} from './session-store.contract.js';
export { BusHub } from './bus-hub.js';
export { busContract, type BusHarness } from './bus.contract.js';
export {
  appendOf,
  CALL,
  logged,
  SESSION,
  streamArchiveContract,
  type OpenStreamArchive,
  type StreamArchiveHarness,
} from './stream-archive.contract.js';
export { streamArchiveBoundsContract, streamArchiveLossContract } from './stream-archive-loss.contract.js';
export { streamArchiveProperty } from './stream-archive.property.js';
export { claimed, entryOf, ledgerContract, type LedgerHarness, type OpenLedger } from './ledger.contract.js';
export { ledgerProperty } from './ledger.property.js';
export { markStoreContract, type MarkStoreHarness } from './mark-store.contract.js';
export {
  sharedTaskStoreContract,
  taskOf,
  taskOriginOf,
  taskStoreContract,
  type OpenTaskStore,
  type TaskStoreHarness,
} from './task-store.contract.js';
export { leadershipContract, type LeadershipHarness } from './leadership.contract.js';
export {
  cacheTierContract,
  tierBytes,
  tierMeta,
  type CacheTierHarness,
  type OpenCacheTier,
} from './cache-tier.contract.js';
export {
  claimOf,
  granted,
  sharedTierContract,
  type OpenSharedTier,
  type SharedTierHarness,
} from './shared-tier.contract.js';
export { sharedTierWarmContract } from './shared-tier-warm.contract.js';
export { sharedTierProperty } from './shared-tier.property.js';
