export { RecordingContext, type Report } from './recording-context.js';
