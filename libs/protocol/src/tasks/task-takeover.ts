import type { Background, Clock } from '@mcp-cluster/kernel';
import { isUnavailable } from '../execution/store-refusal.js';
import type { RunningTasks } from './running-tasks.js';
import type { Orphan, TaskStore } from './task-store.js';

/** A lease lasts 1.5 s: a task of a lost node goes on within about 2.5 s. */
const LOOK_MS = 1_000;
/**
 * A store that was away has forgotten the leases of nodes that live: each gets the time to renew its own, which takes a
 * look at the store (500 ms) and a lease (1.5 s) at most.
 */
const PATIENCE_MS = 3_000;
/** Tasks that a node takes over at once: the others of a node that had a thousand are for the other nodes. */
const MAX_AT_ONCE = 16;

/** Looks each second for tasks of nodes that are gone, and for tasks of this node that others have taken. */
export class TaskTakeover {
  private looking = false;
  private patientUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly running: RunningTasks,
    private readonly parts: { readonly store: TaskStore; readonly clock: Clock; readonly background: Background },
    private readonly goOn: (orphan: Orphan) => void,
  ) {}

  start(): void {
    const { clock, background } = this.parts;
    clock.every(LOOK_MS, () => {
      if (this.looking) return;
      this.looking = true;
      background.run('task takeover', () => this.look());
    });
  }

  private async look(): Promise<void> {
    const { running } = this;
    const { store, clock } = this.parts;
    try {
      const { held } = running;
      const patient = clock.monotonic() < this.patientUntil;
      if (held.length > 0 || patient) {
        const { taken, missing } = await store.check(held);
        for (const taskId of taken) running.disown(taskId);
        for (const taskId of missing) running.rewrite(taskId);
      }
      const limit = Math.min(MAX_AT_ONCE, running.room);
      if (limit <= 0 || patient) return;
      for (const orphan of await store.orphans(limit, running.known)) this.goOn(orphan);
    } catch (thrown) {
      if (!isUnavailable(thrown)) throw thrown; // the store says itself that it is away
      this.patientUntil = clock.monotonic() + PATIENCE_MS;
    } finally {
      this.looking = false;
    }
  }
}
