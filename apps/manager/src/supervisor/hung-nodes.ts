import type { NodeState } from '@mcp-cluster/cluster';
import type { Clock, Timer } from '@mcp-cluster/kernel';
import type { HeldNode } from './node-removal.js';
import type { SupervisorLog } from './supervisor.js';

/**
 * Milliseconds that a process may be down and live before it is ended and started again: as long as Kubernetes gives a
 * liveness probe by default (three times 10 s). A pause of the machine or of a debugger is over by then.
 */
export const HUNG_AFTER_MS = 30_000;

export interface HungNodesParts {
  /** Ends a node's process; another one is started in its place. */
  readonly end: (id: string) => void;
  readonly clock: Clock;
  readonly log: SupervisorLog;
}

/** Ends nodes of this manager that answer nothing and do not die by themselves: what a liveness probe does elsewhere. */
export class HungNodes {
  private readonly down = new Map<string, Timer>();

  constructor(private readonly parts: HungNodesParts) {}

  /** A node of this manager has another state; `left` when its process has ended. */
  changed({ address: { key } }: HeldNode, to: NodeState | 'left'): void {
    this.down.get(key)?.cancel();
    this.down.delete(key);
    if (to !== 'down') return;
    const { end, clock, log } = this.parts;
    const timer = clock.after(HUNG_AFTER_MS, () => {
      this.down.delete(key);
      log.warn({ member: key, downMs: HUNG_AFTER_MS }, 'node hangs and is ended');
      end(key);
    });
    this.down.set(key, timer);
  }
}
