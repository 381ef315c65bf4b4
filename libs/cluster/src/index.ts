export {
  CHECK_INTERVAL_MS,
  CHECK_TIMEOUT_MS,
  FAILURES_TO_DOWN,
  NODE_STATES,
  nextHealth,
  takesCalls,
  UNSEEN,
  type Health,
  type NodeState,
  type ReportedState,
  type Sighting,
} from './node-state.policy.js';
export { FIRST_RESTART_MS, MAX_RESTART_MS, RestartBackoff, STABLE_AFTER_MS } from './restart-backoff.policy.js';
export { chooseSessionNode, type Identified } from './session-home.policy.js';
export {
  busMessage,
  listeningMessage,
  nodeMessage,
  nodeStatus,
  type BusMessage,
  type ListeningMessage,
  type NodeStatus,
} from './wire.schema.js';
export {
  LEADER_LEASE_MS,
  LEADER_RETRY_MS,
  NODE_LEASE_MS,
  NODE_RENEW_MS,
  nodeRegistration,
  type Leadership,
  type NodeDirectory,
  type NodeRegistration,
  type Term,
} from './registration.schema.js';
