import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import type { Principal } from '../exchange/context.js';
import type { Cancellable } from '../exchange/peer.js';
import { outcomeUnknown } from '../execution/outcome.js';
import { isUnavailable, refusalOf } from '../execution/store-refusal.js';
import { invalidParams, WireError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import type { ClusterKey } from '../session/seal.js';
import type { RunningTask, TaskEnd } from './running-task.js';
import { RunningTasks } from './running-tasks.js';
import type { TaskOrigin } from './task-origin.js';
import { principalMark, TaskSeal } from './task-seal.js';
import { isTerminal, taskMembers, type TaskSnapshot } from './task.js';
import { DEFAULT_TASK_LIMITS, type TaskLimits } from './task-limits.js';
import type { Orphan, TaskStore } from './task-store.js';
import { TaskTakeover } from './task-takeover.js';

const SWEEP_MS = 60_000;
/** States longer than this are not announced to other nodes: their listeners poll instead. */
const MAX_ANNOUNCED = 256 * 1024;

export interface TasksParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly key: ClusterKey;
  readonly bus: ClusterBus;
  readonly nodeId: string;
  readonly store: TaskStore;
  readonly background: Background;
  readonly limits?: TaskLimits;
  readonly ended?: (end: TaskEnd) => void;
}

/** Runs what tasks are made of; the dispatcher's part. */
export interface TaskWork {
  /** Whether a tool may be run again, by its annotations. */
  repeats(tool: string): boolean;
  /** Runs a task again from its beginning. It takes the task with `adopt`. */
  resume(orphan: Orphan): void;
}

/** The tasks of this node, and the door to those of others. */
export class Tasks {
  private readonly seal: TaskSeal;
  private readonly limits: TaskLimits;
  private readonly running: RunningTasks;
  /** Tasks that ended here, and when they leave the store (monotonic milliseconds). As many as the store takes. */
  private readonly kept = new Map<string, number>();
  private work: TaskWork | undefined;

  constructor(private readonly parts: TasksParts) {
    const { key, rng, clock, bus, store, background, ended } = parts;
    this.seal = new TaskSeal(key, rng);
    this.limits = parts.limits ?? DEFAULT_TASK_LIMITS;
    this.running = new RunningTasks({
      clock,
      store,
      background,
      limits: this.limits,
      changed: (state) => {
        this.announce(state);
      },
      ended: (taskId, end) => {
        // A shared store forgets by itself.
        if (!store.shared) this.kept.set(taskId, clock.monotonic() + this.limits.ttlMs);
        ended?.(end);
      },
    });
    clock.every(SWEEP_MS, () => {
      this.sweep();
    });
    if (store.shared)
      new TaskTakeover(this.running, parts, (orphan) => {
        this.goOn(orphan);
      }).start();
    bus.subscribe((event) => {
      if (event.type === 'task-cancelled') this.running.get(event.taskId)?.cancel('the client cancelled the task');
      else if (event.type === 'task-answered') this.answerFromAfar(event.taskId, event.responses);
      else if (event.type === 'task-wanted') this.announceAll(event.taskIds);
    });
  }

  /** Tasks that run here now. */
  get size(): number {
    return this.running.size;
  }

  /** Who runs tasks again whose node was lost. */
  workBy(work: TaskWork): void {
    this.work = work;
  }

  repeats(tool: string): boolean {
    return this.work?.repeats(tool) ?? false;
  }

  /** Whether an id is one of this cluster's, and this principal's. */
  owns(taskId: string, principal: Principal): boolean {
    return this.seal.open(taskId)?.principal === principalMark(principal);
  }

  /**
   * Begins a task; resolves when any node finds it.
   * @param handler is stopped with the task
   * @throws CapacityError, also while the store is away: then there is no task, and nothing may be done for it
   */
  begin(origin: TaskOrigin, statusMessage: string | undefined, handler: Cancellable): Promise<RunningTask> {
    const taskId = this.seal.close(this.parts.nodeId, origin.principal);
    return this.running.begin(taskId, origin, statusMessage, handler);
  }

  /** Takes a task over whose node was lost, for a handler that runs it again. */
  adopt(orphan: Orphan, handler: Cancellable): RunningTask {
    return this.running.adopt(orphan, handler);
  }

  /** @throws WireError -32602 when there is no such task, or it is another principal's */
  async get(taskId: unknown, principal: Principal): Promise<TaskSnapshot> {
    const id = this.requireOwn(taskId, principal);
    const task = this.running.get(id)?.snapshot ?? (await this.look(id));
    if (task === undefined) throw unknown('it has expired, or the node that ran it has gone');
    return task;
  }

  /** Hands over answers; they reach the task on whichever node it runs. */
  async answer(taskId: unknown, principal: Principal, responses: Params): Promise<void> {
    const id = this.requireOwn(taskId, principal);
    const here = this.running.get(id);
    if (here !== undefined) here.answer(responses);
    else
      await this.passOn(id, () => {
        this.parts.bus.publish({ type: 'task-answered', taskId: id, responses });
      });
  }

  /** Asks a task to stop: a signal, not a promise (SEP-2663, "Task Cancellation"). */
  async cancel(taskId: unknown, principal: Principal): Promise<void> {
    const id = this.requireOwn(taskId, principal);
    const here = this.running.get(id);
    if (here !== undefined) here.cancel('the client cancelled the task');
    else
      await this.passOn(id, () => {
        this.parts.bus.publish({ type: 'task-cancelled', taskId: id });
      });
  }

  /** Has the nodes that know these tasks announce their states now: for a listener that has just begun. */
  want(taskIds: readonly string[]): void {
    if (taskIds.length === 0) return;
    this.parts.bus.publish({ type: 'task-wanted', taskIds });
    const { store, background } = this.parts;
    if (!store.shared) return;
    // Those that have ended are nobody's: their node may be gone.
    background.run('task store', async () => {
      for (const taskId of taskIds) {
        const state = await store.get(taskId);
        if (state !== undefined && isTerminal(state.status)) this.announce(state);
      }
    });
  }

  /** Ends what has run for too long and forgets what was kept for long enough. */
  sweep(): void {
    const now = this.parts.clock.monotonic();
    const { maxAgeMs, ttlMs } = this.limits;
    for (const task of this.running.all()) {
      const { status, ttlMs: until } = task.snapshot;
      const left = until - task.ageMs;
      if (task.ageMs >= maxAgeMs) task.cancel(`the task ran for ${String(maxAgeMs)} ms, the limit`);
      else if (status === 'input_required' && left <= 0) task.cancel('nobody answered the task in time');
      else if (status === 'working' && left < ttlMs / 2) task.refresh();
    }
    for (const [taskId, until] of [...this.kept])
      if (until <= now) {
        this.kept.delete(taskId);
        this.parts.background.run('task store', () => this.parts.store.delete(taskId));
      }
  }

  /** Goes on with a task of a lost node: runs it again where that does no harm, else says that nobody knows. */
  private goOn(orphan: Orphan): void {
    if (orphan.origin.repeatable && this.repeats(orphan.origin.tool)) this.work?.resume(orphan);
    else this.adopt(orphan, { cancel: () => undefined }).fail(outcomeUnknown('the node that ran the task was lost'));
  }

  private async look(taskId: string): Promise<TaskSnapshot | undefined> {
    try {
      return await this.parts.store.get(taskId);
    } catch (thrown) {
      throw refusalOf(thrown, 'the task cannot be looked up');
    }
  }

  /** Whoever sent the answers has its acknowledgement: malformed ones leave the question open, as the next poll shows. */
  private answerFromAfar(taskId: string, responses: Params): void {
    try {
      this.running.get(taskId)?.answer(responses);
    } catch (thrown) {
      // Into the bus it would go up to whatever carries events, and end this process.
      if (!(thrown instanceof WireError)) throw thrown;
    }
  }

  private announce(state: TaskSnapshot): void {
    const members = taskMembers(state);
    if (members.length <= MAX_ANNOUNCED)
      this.parts.bus.publish({ type: 'task-changed', taskId: state.taskId, members });
  }

  private announceAll(taskIds: readonly string[]): void {
    for (const taskId of taskIds) {
      const here = this.running.get(taskId);
      if (here !== undefined) this.announce(here.snapshot);
      else if (this.kept.has(taskId))
        this.parts.background.run('task store', async () => {
          const state = await this.parts.store.get(taskId);
          if (state !== undefined) this.announce(state);
        });
    }
  }

  private async passOn(taskId: string, publish: () => void): Promise<void> {
    let state: TaskSnapshot | undefined;
    try {
      state = await this.parts.store.get(taskId);
    } catch (thrown) {
      if (!isUnavailable(thrown)) throw thrown;
    }
    if (state === undefined || !isTerminal(state.status)) publish();
  }

  private requireOwn(taskId: unknown, principal: Principal): string {
    if (typeof taskId !== 'string') throw invalidParams('taskId: expected a string');
    if (!this.owns(taskId, principal)) throw unknown('not one that this server gave to you');
    return taskId;
  }
}

function unknown(why: string): Error {
  return invalidParams(`taskId: no such task: ${why}`);
}
