import { LocalError, sleep, type Clock } from '@mcp-cluster/kernel';
import type { Members, NodeRemoval } from './node-removal.js';
import { START_TIMEOUT_MS, type Supervisor, type SupervisorLog } from './supervisor.js';

/** Milliseconds between looks at a starting node. */
const LOOK_MS = 100;

export interface RestartParts {
  readonly supervisor: Pick<Supervisor, 'isStopping' | 'staying' | 'addSpare' | 'swap' | 'shrink'>;
  readonly removal: NodeRemoval;
  readonly members: Members;
  readonly clock: Clock;
  readonly log: SupervisorLog;
}

/**
 * Replaces all nodes, one at a time, the new one first: there are never fewer that serve, and one more process at most.
 */
export class RestartOfAll {
  private running = false;

  constructor(private readonly parts: RestartParts) {}

  /**
   * Resolves when the last old node is gone.
   * @throws LocalError `restart_running`, `stopping`, or `node_start_failed`; then the nodes that are left stay
   */
  async run(): Promise<void> {
    if (this.running) throw new LocalError('restart_running', 'a restart of all nodes is under way');
    this.running = true;
    try {
      for (const { id } of this.parts.supervisor.staying()) await this.restart(id);
    } finally {
      this.running = false;
    }
  }

  private async restart(id: string): Promise<void> {
    const { supervisor, removal, log } = this.parts;
    const spare = supervisor.addSpare();
    if (spare === undefined) throw stopping();
    if (!(await this.untilReady(spare))) {
      await supervisor.shrink(spare, 0);
      throw new LocalError('node_start_failed', `${spare} was not ready within ${String(START_TIMEOUT_MS)} ms`);
    }
    if (supervisor.staying().some((one) => one.id === id)) {
      supervisor.swap(spare, id);
      log.info({ member: id, successor: spare }, 'node is restarted');
      await removal.remove(id, 'restart');
    } else {
      // It was removed while its successor started: nothing is to be replaced.
      await supervisor.shrink(spare, 0);
    }
  }

  private async untilReady(id: string): Promise<boolean> {
    const { clock, members, supervisor } = this.parts;
    const deadline = clock.monotonic() + START_TIMEOUT_MS;
    for (;;) {
      if (members.nodes().some(({ address, health }) => address.key === id && health.state === 'ready')) return true;
      if (clock.monotonic() >= deadline) return false;
      // Nobody has to wait for what will not start any more.
      if (supervisor.isStopping) throw stopping();
      await sleep(clock, LOOK_MS);
    }
  }
}

function stopping(): LocalError {
  return new LocalError('stopping', 'the manager stops');
}
