import { CapacityError } from '../wire/errors.js';
import { isTerminal, type TaskSnapshot } from './task.js';

/**
 * Where the states of tasks are kept. One node writes a task, the one that runs it; every node that shares the
 * store reads it.
 */
export interface TaskStore {
  /**
   * Resolves when `get` would find the task, on whichever node it is asked (SEP-2663, "Task Creation").
   * @throws CapacityError when the store is full
   */
  create(task: TaskSnapshot): Promise<void>;
  /** Replaces the state of a task that is there; one that was deleted stays away. */
  put(task: TaskSnapshot): Promise<void>;
  get(taskId: string): Promise<TaskSnapshot | undefined>;
  delete(taskId: string): Promise<void>;
}

export interface TaskStoreLimits {
  /** Tasks that are kept at once, ended ones included. */
  readonly tasks: number;
  /** Bytes of results that are kept. Above it no further task begins: what was promised until its TTL stays. */
  readonly resultBytes: number;
}

/** 10,000 handles are about 10 MB; with 64 MiB of results a node of 512 MiB still has room to work. */
export const DEFAULT_TASK_STORE_LIMITS: TaskStoreLimits = { tasks: 10_000, resultBytes: 64 * 1024 * 1024 };

/** Clients wait this long before they try to begin another task: results leave once a minute. */
const RETRY_AFTER_SECONDS = 60;

/** The tasks of one process. */
export class MemoryTaskStore implements TaskStore {
  private readonly tasks = new Map<string, TaskSnapshot>();
  private bytes = 0;

  constructor(private readonly limits: TaskStoreLimits = DEFAULT_TASK_STORE_LIMITS) {}

  get size(): number {
    return this.tasks.size;
  }

  /** Bytes of results. */
  get resultBytes(): number {
    return this.bytes;
  }

  create(task: TaskSnapshot): Promise<void> {
    const { tasks, resultBytes } = this.limits;
    if (this.tasks.size >= tasks)
      return Promise.reject(
        new CapacityError(`this node keeps ${String(tasks)} tasks, its limit`, RETRY_AFTER_SECONDS),
      );
    if (this.bytes >= resultBytes)
      return Promise.reject(
        new CapacityError(`this node keeps ${String(resultBytes)} bytes of results, its limit`, RETRY_AFTER_SECONDS),
      );
    this.tasks.set(task.taskId, task);
    return Promise.resolve();
  }

  put(task: TaskSnapshot): Promise<void> {
    const before = this.tasks.get(task.taskId);
    if (before !== undefined && !isTerminal(before.status)) {
      this.bytes += sizeOf(task);
      this.tasks.set(task.taskId, task);
    }
    return Promise.resolve();
  }

  get(taskId: string): Promise<TaskSnapshot | undefined> {
    return Promise.resolve(this.tasks.get(taskId));
  }

  delete(taskId: string): Promise<void> {
    const task = this.tasks.get(taskId);
    if (task !== undefined) this.bytes -= sizeOf(task);
    this.tasks.delete(taskId);
    return Promise.resolve();
  }
}

function sizeOf(task: TaskSnapshot): number {
  return task.resultJson?.length ?? 0;
}
