import { parseArgs } from 'node:util';

/**
 * The port of `--port N`: every subject is started the same way. It also ends on SIGTERM by leaving, not by
 * being killed, so that Node writes its compile cache.
 */
export function portFromArguments(): number {
  process.once('SIGTERM', () => process.exit(0));
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port must be an integer from 1 to 65535, got ${String(values.port)}`);
  }
  return port;
}
