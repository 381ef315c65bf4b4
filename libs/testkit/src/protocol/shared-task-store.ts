import { LocalError, type Clock } from '@mcp-cluster/kernel';
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

interface Entry {
  readonly task: TaskSnapshot;
  readonly origin: TaskOrigin;
  readonly owner: string;
  readonly fence: number;
  readonly runs: number;
  readonly expiresAt: number;
}

const LIMITS: TaskStoreLimits = { tasks: 10_000, resultBytes: 64 * 1024 * 1024 };

/** Tasks that several nodes of one test share, with their leases. Passes the same contract as the one in Redis. */
export class SharedTasks {
  readonly entries = new Map<string, Entry>();
  readonly leases = new Set<string>();
  /** While it is away every call rejects. */
  away = false;
  private lastFence = 0;

  constructor(
    readonly clock: Clock,
    readonly limits: TaskStoreLimits = LIMITS,
  ) {}

  /** The view of a node, which holds its lease from now on. */
  node(owner: string): TaskStore {
    this.leases.add(owner);
    return new SharedTaskStore(this, owner);
  }

  nextFence(): number {
    return (this.lastFence += 1);
  }

  find(taskId: string): Entry | undefined {
    const entry = this.entries.get(taskId);
    if (entry !== undefined && entry.expiresAt > this.clock.monotonic()) return entry;
    this.entries.delete(taskId);
    return undefined;
  }

  get hasRoom(): boolean {
    const bytes = [...this.entries.values()].reduce((sum, { task }) => sum + (task.resultJson?.length ?? 0), 0);
    return this.entries.size < this.limits.tasks && bytes < this.limits.resultBytes;
  }

  requireThere(): void {
    if (this.away) throw new LocalError('store_unavailable', 'the store is away, as the test wants it');
  }
}

class SharedTaskStore implements TaskStore {
  readonly shared = true;
  readonly maxResultBytes = 4 * 1024 * 1024;

  constructor(
    private readonly all: SharedTasks,
    private readonly owner: string,
  ) {}

  async create(task: TaskSnapshot, origin: TaskOrigin, fence?: number): Promise<number> {
    await this.answer();
    if (!this.all.leases.has(this.owner)) throw new LocalError('store_unavailable', 'no lease');
    const before = this.all.find(task.taskId);
    if (before !== undefined && fence !== undefined && before.fence > fence) return before.fence;
    if (fence === undefined && !this.all.hasRoom) throw new LocalError('store_full', 'no room');
    const own = fence ?? this.all.nextFence();
    this.keep({ task, origin, owner: this.owner, fence: own, runs: before?.runs ?? 1 });
    return own;
  }

  async put(task: TaskSnapshot, fence: number): Promise<PutResult> {
    await this.answer();
    const before = this.all.find(task.taskId);
    if (before === undefined) return 'lost';
    if (before.fence > fence) return 'fenced';
    if (!isTerminal(before.task.status)) this.keep({ ...before, task, fence, owner: this.owner });
    return 'kept';
  }

  async get(taskId: string): Promise<TaskSnapshot | undefined> {
    await this.answer();
    return this.all.find(taskId)?.task;
  }

  async delete(taskId: string): Promise<void> {
    await this.answer();
    this.all.entries.delete(taskId);
  }

  async orphans(limit: number, known: readonly string[]): Promise<readonly Orphan[]> {
    await this.answer();
    const { entries, leases } = this.all;
    if (!leases.has(this.owner)) return [];
    const free = [...entries.values()].filter(
      ({ task, owner }) =>
        !isTerminal(task.status) && (owner === this.owner ? !known.includes(task.taskId) : !leases.has(owner)),
    );
    return free.slice(0, limit).map((entry) => {
      const taken = { ...entry, owner: this.owner, fence: this.all.nextFence(), runs: entry.runs + 1 };
      entries.set(entry.task.taskId, taken);
      const { task, origin, fence, runs } = taken;
      return { task, origin, fence, runs };
    });
  }

  async check(held: readonly Held[]): Promise<HeldTasks> {
    await this.answer();
    const those = (is: (entry: Entry | undefined, fence: number) => boolean): string[] =>
      held.filter(({ taskId, fence }) => is(this.all.find(taskId), fence)).map(({ taskId }) => taskId);
    return {
      taken: those((entry, fence) => entry !== undefined && entry.fence > fence),
      missing: those((entry) => entry === undefined),
    };
  }

  private keep(entry: Omit<Entry, 'expiresAt'>): void {
    const { ttlMs, createdAt, lastUpdatedAt } = entry.task;
    const left = ttlMs - (Date.parse(lastUpdatedAt) - Date.parse(createdAt));
    this.all.entries.set(entry.task.taskId, { ...entry, expiresAt: this.all.clock.monotonic() + left });
  }

  private async answer(): Promise<void> {
    await Promise.resolve();
    this.all.requireThere();
  }
}
