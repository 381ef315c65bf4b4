import { LocalError, type Clock } from '@mcp-cluster/kernel';
import { LEDGER_KEEP_MS, type Claim, type Ledger, type LedgerEntry, type Standing } from './ledger.js';

export interface LedgerLimits {
  /** Keys that are kept at once. */
  readonly entries: number;
  /** Bytes of outcomes that are kept. Above it no further call with a key begins: what was promised stays. */
  readonly outcomeBytes: number;
}

/** 100,000 keys are about 30 MB; with 64 MiB of outcomes a node of 512 MiB still has room to work. */
export const DEFAULT_LEDGER_LIMITS: LedgerLimits = { entries: 100_000, outcomeBytes: 64 * 1024 * 1024 };

/** Expired entries are looked for this often, and when there is no room. */
const SWEEP_MS = 60_000;

/** The node that a ledger is used by. */
export interface LedgerNode {
  readonly owner: string;
  /** Whether an owner holds its lease. */
  readonly alive: (owner: string) => boolean;
}

interface Entry {
  readonly digest: string;
  readonly owner: string;
  readonly attempt: string;
  readonly fence: number;
  readonly state: 'running' | 'settled' | 'unknown';
  readonly outcomeJson: string;
  /** Monotonic milliseconds; never while it runs. */
  readonly expiresAt: number;
}

/** What several views of one ledger share. */
class Book {
  readonly entries = new Map<string, Entry>();
  bytes = 0;
  lastFence = 0;
  sweptAt = 0;

  put(key: string, entry: Entry): void {
    this.drop(key);
    this.bytes += entry.outcomeJson.length;
    this.entries.set(key, entry);
  }

  drop(key: string): void {
    this.bytes -= this.entries.get(key)?.outcomeJson.length ?? 0;
    this.entries.delete(key);
  }
}

/**
 * The ledger of one process: what it promises ends with it. In a cluster without a shared store a key works within a
 * node only.
 */
export class MemoryLedger implements Ledger {
  private book = new Book();

  constructor(
    private readonly clock: Clock,
    private readonly limits: LedgerLimits = DEFAULT_LEDGER_LIMITS,
    private readonly node: LedgerNode = { owner: 'this process', alive: () => true },
  ) {}

  /** The same ledger as another node sees it, for several nodes in one process. */
  as(node: LedgerNode): MemoryLedger {
    const view = new MemoryLedger(this.clock, this.limits, node);
    view.book = this.book;
    return view;
  }

  get size(): number {
    return this.book.entries.size;
  }

  claim(entry: LedgerEntry): Promise<Claim> {
    const standing = this.standing(entry);
    if (standing.state === 'running') {
      const held = this.book.entries.get(entry.key);
      if (held?.attempt === entry.attempt) return Promise.resolve({ state: 'claimed', fence: held.fence });
    }
    if (standing.state !== 'free') return Promise.resolve(standing);
    if (!this.node.alive(this.node.owner))
      return Promise.reject(new LocalError('store_unavailable', 'ledger: this node has lost its lease'));
    if (!this.hasRoom()) return Promise.reject(new LocalError('store_full', 'ledger: no room for another key'));
    const fence = (this.book.lastFence += 1);
    const { digest, attempt } = entry;
    const claimed = { digest, attempt, fence, owner: this.node.owner, state: 'running' as const };
    this.book.put(entry.key, { ...claimed, outcomeJson: '', expiresAt: Number.POSITIVE_INFINITY });
    return Promise.resolve({ state: 'claimed', fence });
  }

  look(entry: LedgerEntry): Promise<Standing | { readonly state: 'free' }> {
    return Promise.resolve(this.standing(entry));
  }

  settle(entry: LedgerEntry, fence: number, outcomeJson: string): Promise<boolean> {
    const held = this.book.entries.get(entry.key);
    if (held === undefined || held.fence !== fence || held.state === 'unknown') return Promise.resolve(false);
    if (held.state === 'running') this.end(entry.key, held, 'settled', outcomeJson);
    return Promise.resolve(true); // a second time too: the first acknowledgement may have been lost
  }

  release(entry: LedgerEntry, fence: number): Promise<void> {
    const held = this.book.entries.get(entry.key);
    if (held?.fence === fence && held.state === 'running') this.book.drop(entry.key);
    return Promise.resolve();
  }

  private standing({ key, digest, repeatable }: LedgerEntry): Standing | { readonly state: 'free' } {
    const held = this.book.entries.get(key);
    if (held === undefined || held.expiresAt <= this.clock.monotonic()) return { state: 'free' };
    if (held.digest !== digest) return { state: 'conflict' };
    if (held.state === 'settled') return { state: 'settled', outcomeJson: held.outcomeJson };
    if (held.state === 'running' && this.node.alive(held.owner)) return { state: 'running' };
    if (held.state === 'running' && repeatable) return { state: 'free' };
    if (held.state === 'running') this.end(key, held, 'unknown', '');
    return { state: 'unknown' };
  }

  private end(key: string, held: Entry, state: 'settled' | 'unknown', outcomeJson: string): void {
    this.book.put(key, { ...held, state, outcomeJson, expiresAt: this.clock.monotonic() + LEDGER_KEEP_MS });
  }

  private hasRoom(): boolean {
    const { entries, outcomeBytes } = this.limits;
    const isFull = (): boolean => this.book.entries.size >= entries || this.book.bytes >= outcomeBytes;
    const now = this.clock.monotonic();
    if (isFull() || now - this.book.sweptAt >= SWEEP_MS) this.sweep(now);
    return !isFull();
  }

  private sweep(now: number): void {
    // A full ledger is not read through at each call: that would be 100,000 entries a refusal.
    if (now - this.book.sweptAt < 1_000) return;
    this.book.sweptAt = now;
    for (const [key, { expiresAt }] of [...this.book.entries]) if (expiresAt <= now) this.book.drop(key);
  }
}
