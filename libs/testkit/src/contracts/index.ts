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
