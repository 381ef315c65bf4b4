import { CapacityError } from '../wire/errors.js';
import type { TaskOrigin } from './task-origin.js';
import { isTerminal, type TaskSnapshot } from './task.js';

/**
 * - `kept`: the store has this state, or a later one of the same run
 * - `fenced`: the task is another node's now
 * - `lost`: the store does not know the task: it lost what it had, or the task expired
 */
export type PutResult = 'kept' | 'fenced' | 'lost';

/** A task whose node is gone, and which is this node's from now on. */
export interface Orphan {
  readonly task: TaskSnapshot;
  readonly origin: TaskOrigin;
  readonly fence: number;
  /** How many nodes have run it, this one included. */
  readonly runs: number;
}

/** A task that this node runs. */
export interface Held {
  readonly taskId: string;
  readonly fence: number;
}

export interface HeldTasks {
  /** Another node runs them. */
  readonly taken: readonly string[];
  /** The store has lost them. */
  readonly missing: readonly string[];
}

/**
 * Where the states of tasks are kept. One node writes a task, the one that runs it, and only with the newest fence;
 * every node that shares the store reads it. Each call rejects with LocalError `store_unavailable` when the store cannot
 * be reached, after 250 ms at the latest, and `store_full` when it has no room.
 */
export interface TaskStore {
  /** Whether other nodes have the same one, so that tasks of lost nodes are found in it. */
  readonly shared: boolean;
  /** Bytes of one result; a task with more of it fails. */
  readonly maxResultBytes: number;
  /**
   * Resolves when `get` would find the task, on whichever node it is asked (SEP-2663, "Task Creation").
   * @param fence of a task that the store lost, to put it there again; left out for a new one
   * @returns the fence with which it is written; a higher one than `fence` when it is another node's by now
   * @throws CapacityError when the store is full
   */
  create(task: TaskSnapshot, origin: TaskOrigin, fence?: number): Promise<number>;
  /** Replaces the state of a task that is there; one that has ended stays as it is. */
  put(task: TaskSnapshot, fence: number): Promise<PutResult>;
  get(taskId: string): Promise<TaskSnapshot | undefined>;
  delete(taskId: string): Promise<void>;
  /**
   * Takes tasks over that have not ended and whose node's lease is gone, at most `limit`: each goes to one node.
   * @param known tasks that this node knows: others that the store says are this node's were given to it in an answer
   * that was lost, and are given again
   */
  orphans(limit: number, known: readonly string[]): Promise<readonly Orphan[]>;
  /** How the store knows the tasks that this node runs. */
  check(held: readonly Held[]): Promise<HeldTasks>;
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

/** The tasks of one process: they end with it. */
export class MemoryTaskStore implements TaskStore {
  readonly shared = false;
  private readonly tasks = new Map<string, TaskSnapshot>();
  private bytes = 0;

  constructor(private readonly limits: TaskStoreLimits = DEFAULT_TASK_STORE_LIMITS) {}

  get maxResultBytes(): number {
    return this.limits.resultBytes;
  }

  get size(): number {
    return this.tasks.size;
  }

  /** Bytes of results. */
  get resultBytes(): number {
    return this.bytes;
  }

  create(task: TaskSnapshot): Promise<number> {
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
    return Promise.resolve(1);
  }

  put(task: TaskSnapshot): Promise<PutResult> {
    const before = this.tasks.get(task.taskId);
    if (before === undefined) return Promise.resolve('lost');
    if (!isTerminal(before.status)) {
      this.bytes += sizeOf(task);
      this.tasks.set(task.taskId, task);
    }
    return Promise.resolve('kept');
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

  /** The only node that could have lost them is this one. */
  orphans(): Promise<readonly Orphan[]> {
    return Promise.resolve([]);
  }

  check(): Promise<HeldTasks> {
    return Promise.resolve({ taken: [], missing: [] });
  }
}

function sizeOf(task: TaskSnapshot): number {
  return task.resultJson?.length ?? 0;
}
