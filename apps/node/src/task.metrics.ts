import {
  counterFamily,
  gaugeFamily,
  histogramFamily,
  type CounterFamily,
  type HistogramFamily,
  type Registry,
} from '@mcp-cluster/telemetry';
import type { TaskStatus } from '@mcp-cluster/protocol';

/** How tasks end. */
const ENDS = ['completed', 'failed', 'cancelled'] as const satisfies readonly TaskStatus[];

/** Seconds: tasks are what takes longer than a call, up to a day. */
const BUCKETS = [0.1, 1, 5, 30, 60, 300, 900, 3_600, 14_400, 86_400];

/** Counts long work: tasks and jobs (S13). */
export class TaskMetrics {
  private readonly total: CounterFamily<'status'>;
  private readonly duration: HistogramFamily<'status'>;

  /** @param running tasks that run now */
  constructor(registry: Registry, running: () => number) {
    const family = { labels: ['status'] as const, allowed: { status: ENDS } };
    this.total = counterFamily(registry, {
      name: 'mcp_node_tasks_total',
      help: 'Tasks and jobs that ended, by how.',
      ...family,
    });
    this.duration = histogramFamily(registry, {
      name: 'mcp_node_task_duration_seconds',
      help: 'How long tasks and jobs took.',
      buckets: BUCKETS,
      ...family,
    });
    const name = 'mcp_node_tasks_running';
    gaugeFamily(registry, { name, help: 'Tasks and jobs that run now.', labels: [] }, () => [[{}, running()]]);
  }

  ended(status: TaskStatus, durationMs: number): void {
    this.total.child({ status }).inc();
    this.duration.child({ status }).observe(durationMs / 1000);
  }
}
