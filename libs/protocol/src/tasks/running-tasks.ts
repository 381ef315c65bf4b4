import type { Background, Clock } from '@mcp-cluster/kernel';
import type { Cancellable } from '../exchange/peer.js';
import { isUnavailable, refusalOf } from '../execution/store-refusal.js';
import { CapacityError } from '../wire/errors.js';
import { GhostTasks } from './ghost-tasks.js';
import { newTask, RunningTask, type TaskEnd } from './running-task.js';
import type { TaskLimits } from './task-limits.js';
import type { TaskOrigin } from './task-origin.js';
import type { Held, Orphan, TaskStore } from './task-store.js';
import { TaskWriter } from './task-writer.js';
import type { TaskSnapshot } from './task.js';

export interface RunningTasksParts {
  readonly clock: Clock;
  readonly store: TaskStore;
  readonly background: Background;
  readonly limits: TaskLimits;
  /** Told each new state of each task, in order. */
  readonly changed: (state: TaskSnapshot) => void;
  readonly ended: (taskId: string, end: TaskEnd) => void;
}

interface Run {
  readonly task: RunningTask;
  readonly writer: TaskWriter;
}

/** The tasks that run on this node, and those whose end the store does not have yet. */
export class RunningTasks {
  private readonly runs = new Map<string, Run>();
  private readonly ghosts: GhostTasks;

  constructor(private readonly parts: RunningTasksParts) {
    this.ghosts = new GhostTasks(parts.store, parts.clock, parts.background);
  }

  get size(): number {
    return this.runs.size;
  }

  /** Tasks that may begin here now. */
  get room(): number {
    return this.parts.limits.running - this.runs.size;
  }

  /** Those that the store has. */
  get held(): Held[] {
    return [...this.runs].flatMap(
      ([
        taskId,
        {
          writer: { fence },
        },
      ]) => (fence === undefined ? [] : [{ taskId, fence }]),
    );
  }

  /** The ids of all that run, are about to, or must not. */
  get known(): string[] {
    return [...this.runs.keys(), ...this.ghosts.ids];
  }

  get(taskId: string): RunningTask | undefined {
    return this.runs.get(taskId)?.task;
  }

  all(): RunningTask[] {
    return [...this.runs.values()].map(({ task }) => task);
  }

  /**
   * Begins a task; resolves when any node finds it.
   * @throws CapacityError, also while the store is away: then there is no task, and nothing may be done for it
   */
  async begin(
    taskId: string,
    origin: TaskOrigin,
    statusMessage: string | undefined,
    handler: Cancellable,
  ): Promise<RunningTask> {
    const { clock, store, limits } = this.parts;
    if (this.room <= 0) throw new CapacityError(`this node runs ${String(limits.running)} tasks, its limit`, 5);
    // Counted before it is stored: tasks that begin at once must not pass the limit together.
    const { task, writer } = this.run(newTask(clock, taskId, limits, statusMessage), origin, 1, handler);
    try {
      writer.begin(await store.create(task.snapshot, origin));
    } catch (thrown) {
      writer.close();
      this.runs.delete(taskId);
      if (isUnavailable(thrown)) this.ghosts.add(taskId);
      throw refusalOf(thrown, 'the task was not begun');
    }
    return task;
  }

  /** Takes a task over whose node was lost; a run of it here that was fenced ends. */
  adopt({ task: last, origin, runs, fence }: Orphan, handler: Cancellable): RunningTask {
    this.disown(last.taskId);
    const { task, writer } = this.run(last, origin, runs, handler);
    writer.begin(fence);
    task.resume();
    return task;
  }

  /** Another node has the task: it stops here, and what it still says is not written. */
  disown(taskId: string): void {
    const run = this.runs.get(taskId);
    if (run === undefined) return;
    this.runs.delete(taskId);
    run.writer.close();
    run.task.disown('another node has taken the task over');
  }

  /** The store has lost a task: it gets the present state. */
  rewrite(taskId: string): void {
    const run = this.runs.get(taskId);
    run?.writer.write(run.task.snapshot);
  }

  private run(first: TaskSnapshot, origin: TaskOrigin, runs: number, handler: Cancellable): Run {
    const { clock, store, background, limits, changed, ended } = this.parts;
    const { taskId } = first;
    const writer = new TaskWriter({
      store,
      clock,
      background,
      origin,
      fenced: () => {
        this.disown(taskId);
      },
      // Known here until the store has the end: a poll in between must not see an older state.
      written: () => {
        this.runs.delete(taskId);
      },
    });
    const task = new RunningTask(first, {
      clock,
      tool: origin.tool,
      ttlMs: limits.ttlMs,
      maxResultBytes: store.maxResultBytes,
      runs,
      changed: (state) => {
        writer.write(state);
        changed(state);
      },
      ended: (end) => {
        ended(taskId, end);
      },
      abort: (reason) => {
        handler.cancel(reason);
      },
    });
    const run = { task, writer };
    this.runs.set(taskId, run);
    return run;
  }
}
