import type { Registry } from 'prom-client';
import { counterFamily, type CounterFamily } from './counter.family.js';
import { gaugeFamily } from './gauge.family.js';
import { histogramFamily, type HistogramFamily } from './histogram.family.js';

/**
 * What a request is counted under: the JSON-RPC methods of all revisions, and what has no method. A client can
 * send any text as a method: all else is `_other`.
 */
export const REQUEST_METHODS = [
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
  'tasks/list',
  'tasks/result',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  /** The stream of a session (HTTP GET). */
  'GET',
  /** The end of a session (HTTP DELETE). */
  'DELETE',
  /** A client's answer to a question of the server. */
  'response',
  /** Several messages in one body (2025-03-26). */
  'batch',
  /** Refused before the method was known. */
  'unknown',
] as const;

/**
 * How a request ended.
 * - `success`: with a result
 * - `tool_error`: with a result that has `isError`
 * - `client_error`: refused for something that the client can change
 * - `server_error`: not answered as it should be, and not by the client's fault; this is what an SLO counts
 * - `cancelled`: by the client
 */
export const REQUEST_STATUSES = ['success', 'tool_error', 'client_error', 'server_error', 'cancelled'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** Seconds; P13. */
const REQUEST_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10];

/** The families that node and manager have in common (P13). */
export class RequestFamilies {
  private connections = 0;
  private readonly durations: HistogramFamily<'method' | 'status' | 'server'>;
  private readonly counts: CounterFamily<'method' | 'status' | 'server'>;

  /** @param server value of the label `server`: which process answers, `manager` or the id of a node */
  constructor(
    registry: Registry,
    private readonly server: string,
  ) {
    const labels = ['method', 'status', 'server'] as const;
    const allowed = { method: REQUEST_METHODS, status: REQUEST_STATUSES, server: [server] };
    this.durations = histogramFamily(registry, {
      name: 'mcp_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer.',
      labels,
      allowed,
      buckets: REQUEST_BUCKETS,
    });
    this.counts = counterFamily(registry, {
      name: 'mcp_requests_total',
      help: 'Requests that were answered, refused or cancelled.',
      labels,
      allowed,
    });
    const connections = { name: 'mcp_active_connections', help: 'Open connections of clients.' };
    gaugeFamily(registry, { ...connections, labels: ['server'] }, () => [[{ server }, this.connections]]);
  }

  /** Counts one request that ended. @param seconds from its arrival to the end of its answer */
  observe(method: string, status: RequestStatus, seconds: number): void {
    const labels = { method, status, server: this.server };
    this.durations.child(labels).observe(seconds);
    this.counts.child(labels).inc();
  }

  /** A client has connected. */
  connected(): void {
    this.connections += 1;
  }

  /** A client's connection has ended. */
  disconnected(): void {
    this.connections -= 1;
  }
}

export function requestFamilies(registry: Registry, server: string): RequestFamilies {
  return new RequestFamilies(registry, server);
}

export type OperationLabel =
  'mcp_method_name' | 'gen_ai_tool_name' | 'error_type' | 'network_transport' | 'mcp_protocol_version';

/** Seconds; the OpenTelemetry conventions for MCP. Wide, since a tool may work for minutes. */
const OPERATION_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/**
 * The OpenTelemetry metric `mcp.server.operation.duration` under its Prometheus name, as other people's dashboards
 * know it. A label that does not apply is the empty string: no tool, no error.
 * - `error_type`: the JSON-RPC code, or `tool_error` for a result that has `isError`
 * - `network_transport`: `tcp` for HTTP, `pipe` for stdio
 * @param tools names of the registered tools: every other name is `_other`. Without them the family's bound holds.
 */
export function operationFamily(registry: Registry, tools?: Iterable<string>): HistogramFamily<OperationLabel> {
  return histogramFamily<OperationLabel>(registry, {
    name: 'mcp_server_operation_duration_seconds',
    help: 'Time that the server took for an MCP request or notification.',
    labels: ['mcp_method_name', 'gen_ai_tool_name', 'error_type', 'network_transport', 'mcp_protocol_version'],
    allowed: {
      mcp_method_name: REQUEST_METHODS,
      network_transport: ['tcp', 'pipe'],
      ...(tools === undefined ? {} : { gen_ai_tool_name: ['', ...tools] }),
    },
    buckets: OPERATION_BUCKETS,
  });
}
