export {
  CHECK_INTERVAL_MS,
  CHECK_TIMEOUT_MS,
  ejectedHealth,
  endsEjection,
  FAILURES_TO_DOWN,
  NODE_STATES,
  nextHealth,
  takesCalls,
  UNSEEN,
  wouldTakeCalls,
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
  reportedLoad,
  type BusMessage,
  type ListeningMessage,
  type NodeStatus,
  type ReportedLoad,
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
export { clusterSignals, type ClusterSignals, type NodeSignals } from './scaling-signals.js';
export { DEFAULT_SCALING, type ScalingSettings } from './scaling.settings.js';
export { ScalingPolicy, type Recommendation } from './scaling.policy.js';
export { SCALING_ACTIONS, SCALING_REASONS, type ScalingAction, type ScalingReason } from './scaling-demand.policy.js';
export { emptiest, type Occupied } from './scaling-victim.policy.js';
export { readSize, SEED_TOKEN, writeSize, type FencedRegister, type RegisteredValue } from './scaling-register.js';
export { MemoryLeadership } from './memory-leadership.js';
export {
  cacheReport,
  hitRatio,
  MAX_HOTTEST,
  type CacheActivity,
  type CacheLevelReport,
  type CacheReport,
  type HotEntry,
} from './cache-report.schema.js';
export { cacheTargetBody, readCacheTarget, type CacheTarget, type TargetProblem } from './cache-target.js';
