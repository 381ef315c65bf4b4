export { Registry } from 'prom-client';
export { counterFamily, type Counter, type CounterFamily } from './counter.family.js';
export { OTHER, type FamilyOptions, type Labels } from './family.js';
export { gaugeFamily, type Reading } from './gauge.family.js';
export { histogramFamily, type Histogram, type HistogramFamily, type HistogramOptions } from './histogram.family.js';
export type { JsonAnswer, JsonRoute } from './json-route.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export { ManagementServer, type ManagementOptions } from './management.server.js';
export { LOAD_SAMPLE_MS, LOAD_WINDOW_MS, ProcessLoadMeter, type LoadSource, type ProcessLoad } from './process-load.js';
export { processFamilies, type ProcessSource } from './process.metrics.js';
export {
  operationFamily,
  REQUEST_METHODS,
  REQUEST_STATUSES,
  RequestFamilies,
  requestFamilies,
  type OperationLabel,
  type RequestStatus,
} from './request.metrics.js';
export { StoreMetrics } from './store.metrics.js';
