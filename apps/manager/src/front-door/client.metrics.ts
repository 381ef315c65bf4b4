import { counterFamily, type Counter, type Registry } from '@mcp-cluster/telemetry';

/**
 * Why the door closed a client's connection in the middle of an answer.
 * - `stalled`: it took nothing of what waited for it
 */
const CLOSE_REASONS = ['stalled'] as const;

/** Counts clients that the door closed by itself. */
export class ClientMetrics {
  private readonly stalledClients: Counter;

  constructor(registry: Registry) {
    const closed = counterFamily(registry, {
      name: 'mcp_manager_clients_closed_total',
      help: 'Connections of clients that the door closed in the middle of an answer, by reason.',
      labels: ['reason'],
      allowed: { reason: CLOSE_REASONS },
    });
    this.stalledClients = closed.child({ reason: 'stalled' });
  }

  stalled(): void {
    this.stalledClients.inc();
  }
}
