import { errorCode, LocalError, type Background, type Clock } from '@mcp-cluster/kernel';
import { conflict } from './admin.errors.js';

/** Operations that are kept: those of a busy day, for whoever asks what happened. */
const MAX_KEPT = 100;

export type OperationKind = 'add' | 'drain' | 'remove' | 'restart';

/** Something that takes its time, as `GET /admin/operations` shows it. Other programs rely on these names. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  /** Of the node; a restart is of all of them. */
  readonly node?: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Wall time, ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** What operators ordered: one at a time on a node, and a restart of all of them alone. */
export class Operations {
  private readonly kept = new Map<string, Operation>();
  private count = 0;
  private readonly stopped = Promise.withResolvers<never>();

  constructor(
    private readonly clock: Clock,
    private readonly background: Background,
  ) {
    // Nobody may be waiting when it stops.
    this.stopped.promise.catch(() => undefined);
  }

  /** What runs is waited for no longer: the manager stops, and every node with it. */
  stop(): void {
    this.stopped.reject(new LocalError('stopping', 'the manager stops'));
  }

  /** The last ones, oldest first. */
  list(): Operation[] {
    return [...this.kept.values()];
  }

  get(id: string): Operation | undefined {
    return this.kept.get(id);
  }

  /** @throws AdminError 409 `operation_running` when another operation has to end first */
  check(node?: string): void {
    const other = this.list().find(
      (one) => one.state === 'running' && (node === undefined || one.node === undefined || one.node === node),
    );
    if (other === undefined) return;
    const whose = other.node === undefined ? 'all nodes' : `node ${other.node}`;
    throw conflict('operation_running', `operation ${other.id} (${other.kind} of ${whose}) has to end first`);
  }

  /**
   * Begins an operation and answers at once; how it ends is told by `get`.
   * @throws AdminError 409 `operation_running`
   */
  begin(kind: OperationKind, node: string | undefined, work: () => Promise<void>): Operation {
    this.check(node);
    this.count += 1;
    const id = `op-${String(this.count)}`;
    const begun: Operation = {
      id,
      kind,
      ...(node !== undefined && { node }),
      state: 'running',
      startedAt: this.now(),
    };
    this.keep(begun);
    this.background.run('admin-operation', async () => {
      try {
        await Promise.race([work(), this.stopped.promise]);
        this.keep({ ...begun, state: 'done', endedAt: this.now() });
      } catch (thrown) {
        const { message } = thrown as Error;
        const code = thrown instanceof LocalError ? thrown.code : (errorCode(thrown) ?? 'failed');
        this.keep({ ...begun, state: 'failed', endedAt: this.now(), error: { code, message } });
        // What we refuse by name is told to whoever asked; anything else is also a fault of ours.
        if (!(thrown instanceof LocalError)) throw thrown;
      }
    });
    return begun;
  }

  private keep(operation: Operation): void {
    this.kept.set(operation.id, operation);
    if (this.kept.size <= MAX_KEPT) return;
    const oldest = this.list().find(({ state }) => state !== 'running');
    if (oldest !== undefined) this.kept.delete(oldest.id);
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}
