import { LEADER_LEASE_MS, LEADER_RETRY_MS, type Leadership, type Term } from '@mcp-cluster/cluster';
import type { Background, Clock, Timer } from '@mcp-cluster/kernel';
import { Listeners } from '../connection/listeners.js';
import type { Store } from '../connection/store.js';
import { ABDICATE, LEAD } from './lease.scripts.js';

/** A third: two renewals may be lost. */
const RENEW_MS = LEADER_LEASE_MS / 3;

/**
 * How much earlier a term ends here than in Redis: two clocks never run equally fast, and what a leader has begun when
 * its term ends takes a moment.
 */
const MARGIN_MS = LEADER_LEASE_MS / 20;

/** Where the newest term's token is: a fenced register refuses older ones from the moment it is given. */
export function tokenKey(store: Store): string {
  return store.key('leader', 'token');
}

export interface RedisLeadershipSettings {
  readonly store: Store;
  readonly clock: Clock;
  readonly background: Background;
  /** Another one in each life of a process. */
  readonly holder: string;
}

/** Who leads is who holds one lease in Redis. Each term has a higher token than all before it. */
export class RedisLeadership implements Leadership {
  private readonly changes: Listeners<Term | undefined>;
  private current: Term | undefined;
  private until = Number.NEGATIVE_INFINITY;
  private started = false;
  private trying: Promise<void> | undefined;
  private next: Timer | undefined;
  private end: Timer | undefined;

  constructor(private readonly settings: RedisLeadershipSettings) {
    this.changes = new Listeners(settings.background, 'leader-change');
    settings.store.onRecovered(() => {
      if (this.started) this.trySoon(0);
    });
  }

  get term(): Term | undefined {
    // A process that slept looks at the clock before its timers do.
    return this.settings.clock.monotonic() < this.until ? this.current : undefined;
  }

  onChange(listener: (term: Term | undefined) => void): void {
    this.changes.add(listener);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    this.trySoon(0);
  }

  async stop(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    this.next?.cancel();
    this.finish();
    // One under way would take it again.
    await this.trying;
    const { store, holder } = this.settings;
    try {
      await store.run(ABDICATE, [store.key('leader')], [holder]);
    } catch {
      // It ends by itself.
    }
  }

  private trySoon(ms: number): void {
    this.next?.cancel();
    this.next = this.settings.clock.after(ms, () => {
      this.settings.background.run('leader-renew', () => this.try());
    });
  }

  private try(): Promise<void> {
    this.trying ??= this.tryOnce().finally(() => {
      this.trying = undefined;
    });
    return this.trying;
  }

  private async tryOnce(): Promise<void> {
    const { store, clock, holder } = this.settings;
    const sentAt = clock.monotonic();
    let wait = LEADER_RETRY_MS;
    try {
      const answer = await store.run(LEAD, [store.key('leader'), tokenKey(store)], [holder, LEADER_LEASE_MS]);
      const token = Number(answer);
      if (!this.started) return;
      if (token > 0) {
        this.lead(token, sentAt + LEADER_LEASE_MS - MARGIN_MS);
        wait = RENEW_MS;
      } else this.finish();
    } catch {
      // The store has told its observer; the term goes on until it was not renewed for long enough.
    }
    if (this.started) this.trySoon(Math.max(0, wait - (clock.monotonic() - sentAt)));
  }

  private lead(token: number, until: number): void {
    const { clock } = this.settings;
    const left = until - clock.monotonic();
    // The answer took as long as the lease lasts.
    if (left <= 0) return;
    this.until = until;
    this.end?.cancel();
    this.end = clock.after(left, () => {
      this.finish();
    });
    if (this.current?.token === token) return;
    this.current = { token };
    this.changes.tell(this.current);
  }

  private finish(): void {
    this.end?.cancel();
    this.until = Number.NEGATIVE_INFINITY;
    if (this.current === undefined) return;
    this.current = undefined;
    this.changes.tell(undefined);
  }
}
