export {
  BoundedHash,
  FEW_ACTIVE,
  FEW_RECENT,
  LOAD_FACTOR,
  MOST_SPILLS,
  RECENT_MS,
  type Identified,
  type Placement,
} from './bounded-hash.js';
export { FAR_SLOWER, fitness, type Judged } from './fitness.policy.js';
export { keyHash } from './key-hash.js';
export { NodeLoad, STREAM_WEIGHT, type LoadKind } from './node-load.js';
export {
  BASE_EJECTION_MS,
  FAILURES_TO_EJECTION,
  FORGIVE_INTERVAL_MS,
  MAX_EJECTED_SHARE,
  MAX_EJECTION_MS,
  OutlierDetector,
  type OutlierHost,
} from './outlier-detector.js';
export {
  cheaper,
  fewerStreams,
  lessActive,
  pickNode,
  pickTwoChoices,
  type Loaded,
  type Prefers,
} from './p2c.policy.js';
export { isPanic, PANIC_BELOW } from './panic.policy.js';
export {
  DECAY_MS,
  DEFAULT_RTT_MS,
  FAILURE_FACTOR,
  LEAST_RTT_MS,
  MAX_CHARGED_MS,
  PeakEwma,
  type PeakEwmaOptions,
} from './peak-ewma.js';
export { LEAST_RETRIES, RETRY_SHARE, RetryBudget } from './retry-budget.js';
export { LEAST_SHARE, SLOW_START_MS, slowStartShare } from './slow-start.policy.js';
