import type { Background, Clock } from '@mcp-cluster/kernel';
import { Retries } from '../execution/retries.js';
import type { TaskStore } from './task-store.js';

/** Tried for 10 min, longer than any restart of a store; ids are some 150 characters each. */
const LIMITS = { atOnce: 1_000, tries: 600 };

/**
 * Tasks that were refused because the store did not answer, though it may have taken them: they are deleted when it
 * answers again, and nobody takes them over meanwhile.
 */
export class GhostTasks {
  private readonly taskIds = new Set<string>();
  private readonly deletions: Retries;

  constructor(
    private readonly store: TaskStore,
    clock: Clock,
    background: Background,
  ) {
    this.deletions = new Retries(clock, background, 'task store', LIMITS);
  }

  get ids(): string[] {
    return [...this.taskIds];
  }

  add(taskId: string): void {
    const added = this.deletions.add(async () => {
      await this.store.delete(taskId);
      this.taskIds.delete(taskId);
    });
    if (added) this.taskIds.add(taskId);
  }
}
