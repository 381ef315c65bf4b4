import type { Clock } from '@mcp-cluster/kernel';
import { Code, type EndedExchange, type NotificationKind, type Outcome } from '@mcp-cluster/protocol';
import {
  counterFamily,
  gaugeFamily,
  operationFamily,
  processFamilies,
  requestFamilies,
  type CounterFamily,
  type HistogramFamily,
  type OperationLabel,
  type Registry,
  type RequestFamilies,
  type RequestStatus,
} from '@mcp-cluster/telemetry';

/** What a node looks at when it is scraped. */
export interface NodeGauges {
  readonly inFlight: () => number;
  readonly sessions: () => number;
  readonly streams: () => number;
}

export interface NodeMetricsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly nodeId: string;
  /** `tcp` for HTTP, `pipe` for stdio. */
  readonly transport: 'tcp' | 'pipe';
  readonly tools: Iterable<string>;
  readonly gauges: NodeGauges;
}

/** Counts what the dispatcher answers (P13, and the OpenTelemetry name beside it). */
export class NodeMetrics {
  readonly requests: RequestFamilies;
  private readonly operation: HistogramFamily<OperationLabel>;
  private readonly dropped: CounterFamily<'kind'>;

  constructor(private readonly options: NodeMetricsOptions) {
    const { registry, nodeId, tools, gauges } = options;
    this.requests = requestFamilies(registry, nodeId);
    this.operation = operationFamily(registry, tools);
    this.dropped = counterFamily(registry, {
      name: 'mcp_node_notifications_dropped_total',
      help: 'Notifications that a slow reader missed.',
      labels: ['kind'],
      allowed: { kind: ['progress', 'log', 'ask', 'change'] satisfies NotificationKind[] },
    });
    processFamilies(registry);
    gauge(registry, 'mcp_node_in_flight', 'Requests being answered now, listen streams not counted.', gauges.inFlight);
    gauge(registry, 'mcp_node_sessions', 'Sessions that this node holds.', gauges.sessions);
    gauge(registry, 'mcp_node_streams', 'Event streams that are open.', gauges.streams);
  }

  /** Counts one request that ended. On the path of every call. */
  observe(exchange: EndedExchange, outcome: Outcome): void {
    const { method } = exchange.request;
    const status = statusOf(outcome);
    const seconds = (this.options.clock.monotonic() - exchange.startedAt) / 1000;
    this.requests.observe(method, status, seconds);
    const labels = {
      mcp_method_name: method,
      gen_ai_tool_name: method === 'tools/call' ? (exchange.target ?? '') : '',
      error_type: status === 'success' ? '' : outcome,
      network_transport: this.options.transport,
      mcp_protocol_version: exchange.revision,
    };
    this.operation.child(labels).observe(seconds);
  }

  notificationDropped(kind: NotificationKind): void {
    this.dropped.child({ kind }).inc();
  }
}

function statusOf(outcome: Outcome): RequestStatus {
  if (outcome === 'ok' || outcome === 'input_required') return 'success';
  if (outcome === 'tool_error' || outcome === 'cancelled') return outcome;
  return Number(outcome) === Code.InternalError ? 'server_error' : 'client_error';
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  gaugeFamily(registry, { name, help, labels: [] }, () => [[{}, read()]]);
}
