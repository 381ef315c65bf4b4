import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import type { Principal } from '../exchange/context.js';
import { CapacityError, invalidParams, WireError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import type { ClusterKey } from '../session/seal.js';
import { RunningTask, type TaskEnd } from './running-task.js';
import { principalMark, TaskSeal } from './task-seal.js';
import { isTerminal, taskMembers, type TaskSnapshot } from './task.js';
import type { TaskStore } from './task-store.js';

export interface TaskLimits {
  /** Milliseconds that a task is kept after its last change: an hour, so that a client that slept finds its result. */
  readonly ttlMs: number;
  /** Milliseconds that clients are told to wait between two polls. */
  readonly pollIntervalMs: number;
  /** Tasks that run at once on a node: each is a handler with its memory. */
  readonly running: number;
  /** Milliseconds after which a task that has not ended is stopped: a day. */
  readonly maxAgeMs: number;
}

export const DEFAULT_TASK_LIMITS: TaskLimits = {
  ttlMs: 3_600_000,
  pollIntervalMs: 1_000,
  running: 1_000,
  maxAgeMs: 86_400_000,
};

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

/** The tasks of this node, and the door to those of others. */
export class Tasks {
  private readonly seal: TaskSeal;
  private readonly limits: TaskLimits;
  private readonly running = new Map<string, RunningTask>();
  /** Tasks that ended here, and when they leave the store (monotonic milliseconds). As many as the store takes. */
  private readonly kept = new Map<string, number>();

  constructor(private readonly parts: TasksParts) {
    const { key, rng, clock, bus } = parts;
    this.seal = new TaskSeal(key, rng);
    this.limits = parts.limits ?? DEFAULT_TASK_LIMITS;
    clock.every(SWEEP_MS, () => {
      this.sweep();
    });
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

  /** Whether an id is one of this cluster's, and this principal's. */
  owns(taskId: string, principal: Principal): boolean {
    return this.seal.open(taskId)?.principal === principalMark(principal);
  }

  /**
   * Begins a task; resolves when any node finds it.
   * @param abort stops its handler
   * @throws CapacityError
   */
  async begin(
    principal: Principal,
    tool: string,
    statusMessage: string | undefined,
    abort: (reason: string) => void,
  ): Promise<RunningTask> {
    const { clock, nodeId, store } = this.parts;
    const { running, ttlMs, pollIntervalMs } = this.limits;
    if (this.running.size >= running) throw new CapacityError(`this node runs ${String(running)} tasks, its limit`, 5);
    const taskId = this.seal.close(nodeId, principal);
    const task = new RunningTask(taskId, pollIntervalMs, statusMessage, {
      clock,
      tool,
      ttlMs,
      changed: (state) => {
        this.changed(state);
      },
      ended: (end) => {
        this.ended(taskId, end);
      },
      abort,
    });
    // Counted before it is stored: tasks that begin at once must not pass the limit together.
    this.running.set(taskId, task);
    try {
      await store.create(task.snapshot);
    } catch (thrown) {
      this.running.delete(taskId);
      throw thrown;
    }
    return task;
  }

  /** @throws WireError -32602 when there is no such task, or it is another principal's */
  async get(taskId: unknown, principal: Principal): Promise<TaskSnapshot> {
    const id = this.requireOwn(taskId, principal);
    const task = this.running.get(id)?.snapshot ?? (await this.parts.store.get(id));
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
    if (taskIds.length > 0) this.parts.bus.publish({ type: 'task-wanted', taskIds });
  }

  /** Ends what has run for too long and forgets what was kept for long enough. */
  sweep(): void {
    const now = this.parts.clock.monotonic();
    const { maxAgeMs, ttlMs } = this.limits;
    for (const task of [...this.running.values()]) {
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

  /** Whoever sent the answers has its acknowledgement: malformed ones leave the question open, as the next poll shows. */
  private answerFromAfar(taskId: string, responses: Params): void {
    try {
      this.running.get(taskId)?.answer(responses);
    } catch (thrown) {
      // Into the bus it would go up to whatever carries events, and end this process.
      if (!(thrown instanceof WireError)) throw thrown;
    }
  }

  private changed(state: TaskSnapshot): void {
    this.parts.background.run('task store', async () => {
      await this.parts.store.put(state);
      // Known here until the store has the end: a poll in between must not see an older state.
      if (isTerminal(state.status)) this.running.delete(state.taskId);
    });
    this.announce(state);
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

  private ended(taskId: string, end: TaskEnd): void {
    this.kept.set(taskId, this.parts.clock.monotonic() + this.limits.ttlMs);
    this.parts.ended?.(end);
  }

  private async passOn(taskId: string, publish: () => void): Promise<void> {
    const state = await this.parts.store.get(taskId);
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
