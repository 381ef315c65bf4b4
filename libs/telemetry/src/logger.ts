import { pino, type DestinationStream, type Logger, type LoggerOptions as PinoOptions } from 'pino';
import { hideSecrets, secretSerializers } from './secrets.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Which program: `node`, `manager`, `cli`. */
  readonly app: string;
  /** Which process of the cluster. */
  readonly nodeId: string;
  /** Least severe level that is written: fatal, error, warn, info, debug, trace, or silent. */
  readonly level: string;
  /** Where the lines go instead of stderr. */
  readonly destination?: DestinationStream;
}

/** Bytes that may wait for a slow reader of stderr; about 5,000 lines. More are dropped, and their number is told. */
const BUFFER_BYTES = 1024 * 1024;

/**
 * Lines of JSON on stderr: stdout may be the stdio transport (S01). `child({ requestId })` marks the lines of one
 * request; it costs about a microsecond, so make it when there is something to write.
 */
export function createLogger({ app, nodeId, level, destination }: LoggerOptions): Logger {
  const options: PinoOptions = {
    level,
    base: { app, node: nodeId, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: (fields) => hideSecrets(fields) },
    serializers: secretSerializers,
  };
  return destination === undefined ? onStderr(options) : pino(options, destination);
}

function onStderr(options: PinoOptions): Logger {
  // Asynchronous, because a client of the stdio transport that never reads stderr would else stop the process.
  const stderr = pino.destination({ fd: 2, sync: false, maxLength: BUFFER_BYTES });
  const logger = pino(options, stderr);
  let dropped = 0;
  stderr.on('drop', () => (dropped += 1));
  stderr.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    logger.warn({ lines }, 'log lines were dropped because stderr is read too slowly');
  });
  return logger;
}
