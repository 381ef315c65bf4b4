import { LocalError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import { NODE_LEASE_MS, NODE_RENEW_MS, nodeRegistration, type NodeRegistration } from '@mcp-cluster/cluster';
import { Listeners } from '../connection/listeners.js';
import type { Store } from '../connection/store.js';
import { END_LEASE, HOLD_LEASE } from './lease.scripts.js';

/** How keys of nodes' leases begin; a node's id follows. Scripts that judge owners get it (`ALIVE` in quota/lua.ts). */
export function leasePrefix(store: Store): string {
  return store.key('node', '');
}

/** The hash of what nodes say of themselves. */
export function nodesKey(store: Store): string {
  return store.key('nodes');
}

export interface NodeLeaseSettings {
  readonly store: Store;
  readonly clock: Clock;
  readonly background: Background;
  readonly id: string;
  /** Another one in each life of the process; without a slash. */
  readonly incarnation: string;
}

/**
 * This node's lease. While it is held, what the node owns (streams, ledger entries, tasks) is nobody else's. Whether it
 * is held is judged by the monotonic clock from before each renewal was sent: it ends here no later than in Redis, and
 * a process that slept knows so at once.
 */
export class NodeLease {
  /** `<id>/<incarnation>`, as owners are named. */
  readonly owner: string;
  private readonly changes: Listeners<boolean>;
  private registration: NodeRegistration | undefined;
  private heldUntil = Number.NEGATIVE_INFINITY;
  private told = false;
  private begun = false;
  private renewing: Promise<void> | undefined;
  private next: Timer | undefined;
  private end: Timer | undefined;

  constructor(private readonly settings: NodeLeaseSettings) {
    const { store, background, id, incarnation } = settings;
    if (incarnation.includes('/') || incarnation.includes('\n'))
      throw new LocalError('lease_invalid', `incarnation: expected no slash and no line break, got ${incarnation}`);
    this.changes = new Listeners(background, 'lease-change');
    this.owner = `${id}/${incarnation}`;
    store.onRecovered(() => {
      if (this.registration !== undefined) this.renewSoon(0);
    });
  }

  get held(): boolean {
    return this.registration !== undefined && this.settings.clock.monotonic() < this.heldUntil;
  }

  /**
   * Told of each change. Lost and held again at once means that there was a moment without it, in which others may have
   * taken over what this node owned.
   */
  onChange(listener: (held: boolean) => void): void {
    this.changes.add(listener);
  }

  /** Registers the node and renews from now on. Resolves after the first try, whether or not Redis answered. */
  async start(said: Omit<NodeRegistration, 'id' | 'incarnation'>): Promise<void> {
    const { id, incarnation } = this.settings;
    this.registration = nodeRegistration.parse({ id, incarnation, ...said });
    await this.renew();
  }

  /** Gives the lease up, so that nobody waits for its end. */
  async stop(): Promise<void> {
    if (this.registration === undefined) return;
    this.registration = undefined;
    this.next?.cancel();
    this.end?.cancel();
    this.tell(false);
    // One under way would take it again.
    await this.renewing;
    const { store, id, incarnation } = this.settings;
    try {
      await store.run(END_LEASE, [leasePrefix(store) + id, nodesKey(store)], [id, incarnation]);
    } catch {
      // It ends by itself.
    }
  }

  private renewSoon(ms: number): void {
    this.next?.cancel();
    this.next = this.settings.clock.after(ms, () => {
      this.settings.background.run('lease-renew', () => this.renew());
    });
  }

  private renew(): Promise<void> {
    this.renewing ??= this.renewOnce().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async renewOnce(): Promise<void> {
    const { store, clock, id, incarnation } = this.settings;
    const sentAt = clock.monotonic();
    try {
      const prefix = leasePrefix(store);
      const args = [prefix, id, incarnation, JSON.stringify(this.registration), NODE_LEASE_MS, this.begun ? '' : '1'];
      const answer = await store.run(HOLD_LEASE, [prefix + id, nodesKey(store)], args);
      this.begun = true;
      this.learn(answer, sentAt);
    } catch {
      // The store has told its observer; the lease ends when it was not renewed for long enough.
    }
    if (this.registration !== undefined) this.renewSoon(Math.max(0, NODE_RENEW_MS - (clock.monotonic() - sentAt)));
  }

  private learn(answer: unknown, sentAt: number): void {
    if (this.registration === undefined) return;
    // Not held in between: by a declaration that this node is gone, or by a Redis that came back empty.
    if (answer !== 'renewed') this.tell(false);
    this.end?.cancel();
    if (answer === 'superseded') {
      this.heldUntil = Number.NEGATIVE_INFINITY;
      return;
    }
    this.heldUntil = sentAt + NODE_LEASE_MS;
    if (!this.held) return;
    this.end = this.settings.clock.after(this.heldUntil - this.settings.clock.monotonic(), () => {
      this.tell(false);
    });
    this.tell(true);
  }

  private tell(held: boolean): void {
    if (held === this.told) return;
    this.told = held;
    this.changes.tell(held);
  }
}
