import { hostname } from 'node:os';
import { z } from 'zod';
import { clusterKey } from './cluster-key.js';
import { choice, host, hostNames, id, integer, port } from './kinds.js';
import { openSetting, setting } from './setting.js';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Names under which a machine reaches itself. Other names could have been pointed here by DNS rebinding. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** @param defaultPort 3000 for the manager, 3001 for a node */
export function mcpSettings(defaultPort: number) {
  return z.object({
    host: setting(host, {
      flag: '--host',
      env: 'MCP_HOST',
      default: '127.0.0.1',
      meaning: 'Address that the MCP port listens on. 0.0.0.0 opens it to the network.',
    }),
    port: setting(port({ zero: true }), {
      flag: '--port',
      env: 'MCP_PORT',
      default: defaultPort,
      meaning: 'Port of the MCP endpoint /mcp. 0 takes any free one.',
    }),
    allowedHosts: setting(hostNames, {
      flag: '--allowed-hosts',
      env: 'ALLOWED_HOSTS',
      default: LOOPBACK_NAMES,
      meaning: 'Host names that the Host header may have, with any port. * allows all.',
    }),
    allowedOrigins: setting(hostNames, {
      flag: '--allowed-origins',
      env: 'ALLOWED_ORIGINS',
      default: LOOPBACK_NAMES,
      meaning: 'Host names that a browser page may come from (Origin header), with any scheme and port. * allows all.',
    }),
  });
}

export const managementSettings = z.object({
  host: openSetting(host, {
    flag: '--management-host',
    env: 'MANAGEMENT_HOST',
    otherwise: 'as --host',
    meaning: 'Address that the management port listens on.',
  }),
  port: setting(port({ zero: true }), {
    flag: '--management-port',
    env: 'MANAGEMENT_PORT',
    default: 9464,
    meaning: 'Port of /metrics, /livez and /readyz (a node: also /drain). 0 takes any free one.',
  }),
});

export const clusterSettings = z.object({
  key: openSetting(clusterKey, {
    env: 'CLUSTER_KEY',
    secret: true,
    otherwise: 'a random one at each start',
    meaning: 'Seals session ids. The same for the manager and all nodes of a cluster.',
  }),
  nodeId: setting(id, {
    flag: '--id',
    env: 'NODE_ID',
    default: processId,
    fallback: 'host name and process id',
    meaning: 'Name of this process in logs, metrics and session ids. No two processes of a cluster share one.',
  }),
});

export const drainSettings = z.object({
  delayMs: setting(integer({ min: 0, max: 60_000, unit: 'ms', because: 'load balancers learn of it within seconds' }), {
    flag: '--drain-delay-ms',
    env: 'DRAIN_DELAY_MS',
    default: 0,
    meaning: 'How long a stopping process, already not ready, still takes new calls.',
  }),
  timeoutMs: setting(
    integer({ min: 0, max: 3_600_000, unit: 'ms', because: 'an hour is the longest a rolling update may wait' }),
    {
      flag: '--drain-timeout-ms',
      env: 'DRAIN_TIMEOUT_MS',
      // Ctrl-C on a laptop ends everything within 5 s: 2 s are left for the processes to go.
      default: 3_000,
      meaning: 'How long running calls may take to end after that.',
    },
  ),
});

export const logSettings = z.object({
  level: setting(choice(LOG_LEVELS), {
    flag: '--log-level',
    env: 'LOG_LEVEL',
    default: 'info',
    meaning: 'Least severe log line that is written. debug adds one line a request.',
  }),
});

/** Unique on a machine by the process id and, in a container, where that is always 1, by the host name. */
function processId(): string {
  const machine = hostname()
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 50);
  return `${machine}-${String(process.pid)}`;
}
