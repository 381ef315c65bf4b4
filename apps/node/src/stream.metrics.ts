import {
  counterFamily,
  gaugeFamily,
  histogramFamily,
  type CounterFamily,
  type HistogramFamily,
  type Registry,
} from '@mcp-cluster/telemetry';
import type { NotificationKind } from '@mcp-cluster/protocol';
import {
  CLOSE_REASONS,
  EVICTION_BOUNDS,
  RESUME_RESULTS,
  STREAM_KINDS,
  type CloseReason,
  type EvictionBound,
  type ResumeResult,
  type StreamKind,
  type StreamObserver,
  type StreamReadings,
} from '@mcp-cluster/transports';

/** Seconds; from a tool that says something at once to one that is silent until the first keep-alive. */
const FIRST_EVENT_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30];

export interface StreamMetricsOptions {
  readonly registry: Registry;
  /** Called at each scrape. */
  readonly read: () => StreamReadings;
  readonly dropped: (kind: NotificationKind) => void;
}

/** What the event streams of a node are like: open, active, stalled, how they end and how they are resumed. */
export class StreamMetrics implements StreamObserver {
  private readonly closings: CounterFamily<'kind' | 'reason'>;
  private readonly firsts: HistogramFamily<'kind'>;
  private readonly resumptions: CounterFamily<'result'>;
  private readonly evictions: CounterFamily<'bound'>;

  constructor(private readonly options: StreamMetricsOptions) {
    const { registry } = options;
    this.closings = counterFamily(registry, {
      name: 'mcp_node_streams_closed_total',
      help: 'Connections of event streams that ended, by why.',
      labels: ['kind', 'reason'],
      allowed: { kind: STREAM_KINDS, reason: CLOSE_REASONS },
    });
    this.firsts = histogramFamily(registry, {
      name: 'mcp_node_stream_first_event_seconds',
      help: 'Time from the arrival of a request to the first message of its stream.',
      labels: ['kind'],
      allowed: { kind: STREAM_KINDS },
      buckets: FIRST_EVENT_BUCKETS,
    });
    this.resumptions = counterFamily(registry, {
      name: 'mcp_node_stream_resumes_total',
      help: 'Streams that clients came back for, by what became of it.',
      labels: ['result'],
      allowed: { result: RESUME_RESULTS },
    });
    this.evictions = counterFamily(registry, {
      name: 'mcp_node_stream_logs_evicted_total',
      help: 'Finished streams that were forgotten before their time for want of room.',
      labels: ['bound'],
      allowed: { bound: EVICTION_BOUNDS },
    });
    this.gauges();
  }

  closed(kind: StreamKind, reason: CloseReason): void {
    this.closings.child({ kind, reason }).inc();
  }

  firstEvent(kind: StreamKind, ms: number): void {
    this.firsts.child({ kind }).observe(ms / 1_000);
  }

  dropped(kind: NotificationKind): void {
    this.options.dropped(kind);
  }

  resumed(result: ResumeResult): void {
    this.resumptions.child({ result }).inc();
  }

  evicted(bound: EvictionBound): void {
    this.evictions.child({ bound }).inc();
  }

  private gauges(): void {
    const { registry, read } = this.options;
    const byKind = (name: string, help: string, which: 'open' | 'active'): void => {
      gaugeFamily(registry, { name, help, labels: ['kind'], allowed: { kind: STREAM_KINDS } }, () => {
        const readings = read()[which];
        return STREAM_KINDS.map((kind) => [{ kind }, readings[kind]] as const);
      });
    };
    const one = (name: string, help: string, which: 'stalled' | 'bufferedBytes' | 'logBytes'): void => {
      gaugeFamily(registry, { name, help, labels: [] }, () => [[{}, read()[which]]]);
    };
    byKind('mcp_node_streams_open', 'Event streams that are open.', 'open');
    byKind('mcp_node_streams_active', 'Event streams that carried an event, not only a comment, in 10 s.', 'active');
    one('mcp_node_streams_stalled', 'Event streams whose reader is behind by more than a write.', 'stalled');
    one('mcp_node_stream_buffered_bytes', 'Bytes that wait in this process for readers of streams.', 'bufferedBytes');
    one('mcp_node_stream_log_bytes', 'Bytes of messages kept for clients that may come back.', 'logBytes');
  }
}
