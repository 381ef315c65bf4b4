export {
  idleSessionStoreContract,
  sessionStoreContract,
  type SessionStoreHarness,
  type TimedSessionStoreHarness,
} from './session-store.contract.js';
