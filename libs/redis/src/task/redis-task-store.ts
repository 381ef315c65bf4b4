import { LocalError } from '@mcp-cluster/kernel';
import {
  isTerminal,
  type Held,
  type HeldTasks,
  type Orphan,
  type PutResult,
  type TaskOrigin,
  type TaskSnapshot,
  type TaskStore,
  type TaskStoreLimits,
} from '@mcp-cluster/protocol';
import type { Store } from '../connection/store.js';
import { leasePrefix } from '../lease/node-lease.js';
import { CHECK, CREATE, DELETE, GET, PUT, TAKE_ORPHANS } from './task.scripts.js';

/** Of all nodes together: 50,000 tasks are about 50 MB of Redis besides what they hold. */
export const REDIS_TASK_LIMITS: TaskStoreLimits = { tasks: 50_000, resultBytes: 256 * 1024 * 1024 };

/** Written within 250 ms on a busy network too. */
const MAX_RESULT_BYTES = 4 * 1024 * 1024;

export interface RedisTaskStoreOptions {
  /** This life of this node: `<id>/<incarnation>`, as its lease says. */
  readonly owner: string;
  /** `resultBytes` counts the arguments of running tasks too. */
  readonly limits?: TaskStoreLimits;
}

/** The tasks of a cluster, as one node writes and reads them. Redis forgets each by itself, its TTL after its last change. */
export class RedisTaskStore implements TaskStore {
  readonly shared = true;
  readonly maxResultBytes = MAX_RESULT_BYTES;
  private readonly limits: TaskStoreLimits;
  private readonly leases: string;

  constructor(
    private readonly store: Store,
    private readonly options: RedisTaskStoreOptions,
  ) {
    this.limits = options.limits ?? REDIS_TASK_LIMITS;
    this.leases = leasePrefix(store);
  }

  async create(task: TaskSnapshot, origin: TaskOrigin, fence?: number): Promise<number> {
    const { taskId, status } = task;
    const { owner } = this.options;
    const { tasks, resultBytes } = this.limits;
    const [state, result] = split(task);
    const args = [taskId, owner, this.leases, fence ?? '', state, status, result, JSON.stringify(origin)];
    const answer = await this.store.run(CREATE, this.keys(taskId), [...args, keepMs(task), tasks, resultBytes]);
    if (answer === 'leaseless') throw new LocalError('store_unavailable', 'tasks: this node has lost its lease');
    if (answer === 'full') throw new LocalError('store_full', 'tasks: no room for another one');
    return Number(answer);
  }

  async put(task: TaskSnapshot, fence: number): Promise<PutResult> {
    const { taskId, status } = task;
    const [state, result] = split(task);
    const args = [taskId, this.options.owner, fence, state, status, result, keepMs(task)];
    return (await this.store.run(PUT, this.keys(taskId), args)) as PutResult;
  }

  async get(taskId: string): Promise<TaskSnapshot | undefined> {
    const found = await this.store.run(GET, [this.taskKey(taskId)], []);
    const [state, result] = found as [string | null, string | null];
    if (state === null) return undefined;
    const task = JSON.parse(state) as TaskSnapshot;
    return task.status === 'completed' && result !== null ? { ...task, resultJson: result } : task;
  }

  async delete(taskId: string): Promise<void> {
    await this.store.run(DELETE, this.keys(taskId), [taskId, this.options.owner]);
  }

  async orphans(limit: number, known: readonly string[]): Promise<readonly Orphan[]> {
    const { store, leases } = this;
    const begins = [leases, this.taskKey(''), store.key('task', 'of', '')];
    const args = [this.options.owner, ...begins, limit, ...known];
    const taken = await store.run(TAKE_ORPHANS, [store.key('task', 'owners')], args);
    return (taken as [state: string, origin: string, fence: string, runs: number][]).map(
      ([state, origin, fence, runs]) => ({
        task: JSON.parse(state) as TaskSnapshot,
        origin: JSON.parse(origin) as TaskOrigin,
        fence: Number(fence),
        runs,
      }),
    );
  }

  async check(held: readonly Held[]): Promise<HeldTasks> {
    const keys = held.map(({ taskId }) => this.taskKey(taskId));
    const fences = held.map(({ fence }) => fence);
    const found = (await this.store.run(CHECK, keys, fences)) as ('held' | 'taken' | 'missing')[];
    const those = (what: string): string[] => held.flatMap(({ taskId }, i) => (found[i] === what ? [taskId] : []));
    return { taken: those('taken'), missing: those('missing') };
  }

  private taskKey(taskId: string): string {
    return this.store.key('task', 'id', taskId);
  }

  private keys(taskId: string): string[] {
    const { store } = this;
    const quota = [store.key('task', 'index'), store.key('task', 'sizes')];
    return [this.taskKey(taskId), ...quota, store.key('task', 'owners'), store.key('task', 'of', this.options.owner)];
  }
}

/** The result stays the text that it is: it may have megabytes. */
function split({ resultJson = '', ...state }: TaskSnapshot): [state: string, result: string] {
  return [JSON.stringify(state), isTerminal(state.status) ? resultJson : ''];
}

/** What is left of the TTL at the last change. Both times are of one node, so that no two clocks are compared. */
function keepMs({ ttlMs, createdAt, lastUpdatedAt }: TaskSnapshot): number {
  return Math.max(1, Math.ceil(ttlMs - (Date.parse(lastUpdatedAt) - Date.parse(createdAt))));
}
