import { counterFamily, type Counter, type Registry } from '@mcp-cluster/telemetry';
import { PICK_REASONS, type PickCount, type PickReason } from './router.js';

/** Counts why requests went where they did. */
export class RouterMetrics implements PickCount {
  private readonly picks: Readonly<Record<PickReason, Counter>>;

  constructor(registry: Registry) {
    const family = counterFamily(registry, {
      name: 'mcp_manager_picks_total',
      help: 'Choices of a node for a request, the second ones of retries among them, by what decided.',
      labels: ['reason'],
      allowed: { reason: PICK_REASONS },
    });
    // The children are held: the hot path adds to a number and looks nothing up.
    const children = PICK_REASONS.map((reason) => [reason, family.child({ reason })] as const);
    this.picks = Object.fromEntries(children) as Record<PickReason, Counter>;
  }

  picked(reason: PickReason): void {
    this.picks[reason].inc();
  }
}
