export { Background, type BackgroundReporter } from './background.js';
export { BoundedMap } from './bounded-map.js';
export { sleep, systemClock, yieldToEventLoop, type Clock, type Timer } from './clock.js';
export { asError, errorCode, LocalError } from './errors.js';
export { armFailpoints, failpoint, FAILPOINTS, type Failpoint } from './failpoint.js';
export { IdSource, safeRequestId } from './ids.js';
export { randomInt, seededRng, systemRng, type Rng } from './rng.js';
