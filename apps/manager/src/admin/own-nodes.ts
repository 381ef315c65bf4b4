import { LocalError } from '@mcp-cluster/kernel';
import type { Fleet } from '../supervisor/fleet.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { OwnNodes } from './node-operations.js';

/** The processes of this manager, as operators see them. */
export class FleetNodes implements OwnNodes {
  /** @param max nodes, as scaling has it */
  constructor(
    private readonly supervisor: Pick<Supervisor, 'staying' | 'shrink'>,
    private readonly fleet: Pick<Fleet, 'has' | 'remove' | 'resize' | 'restartAll' | 'wanted'>,
    private readonly max: number,
  ) {}

  has(id: string): boolean {
    return this.fleet.has(id);
  }

  addOne(): string | undefined {
    const { supervisor, fleet, max } = this;
    if (fleet.wanted >= max)
      throw new LocalError(
        'too_many_nodes',
        `there are ${String(fleet.wanted)} nodes, and --max-nodes is ${String(max)}`,
      );
    const before = new Set(supervisor.staying().map(({ id }) => id));
    fleet.resize(fleet.wanted + 1);
    return supervisor.staying().find(({ id }) => !before.has(id))?.id;
  }

  async remove(id: string, force: boolean): Promise<void> {
    // The last one is refused by the fleet, forced or not: it would be started again at once.
    const gone = this.fleet.remove(id);
    if (force && !this.fleet.has(id)) await this.supervisor.shrink(id, 0);
    await gone;
  }

  restartAll(): Promise<void> {
    return this.fleet.restartAll();
  }
}
