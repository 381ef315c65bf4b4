import { LocalError } from '@mcp-cluster/kernel';
import {
  LEDGER_KEEP_MS,
  type Claim,
  type Ledger,
  type LedgerEntry,
  type LedgerLimits,
  type Standing,
} from '@mcp-cluster/protocol';
import type { Store } from '../connection/store.js';
import { leasePrefix } from '../lease/node-lease.js';
import { CLAIM, RELEASE, SETTLE } from './ledger.scripts.js';

/** Of all nodes together: 200,000 keys are about 80 MB of Redis, 2.3 calls with a key a second for a day. */
export const REDIS_LEDGER_LIMITS: LedgerLimits = { entries: 200_000, outcomeBytes: 256 * 1024 * 1024 };

/** A claim outlives its call by far: one that is forgotten while the call runs would let it run twice. */
const KEEP_CLAIM_MS = 7 * LEDGER_KEEP_MS;

export interface RedisLedgerOptions {
  /** This life of this node: `<id>/<incarnation>`, as its lease says. */
  readonly owner: string;
  readonly limits?: LedgerLimits;
}

type Reply =
  | readonly ['claimed', fence: string]
  | readonly ['settled', outcomeJson: string]
  | readonly ['running' | 'unknown' | 'conflict' | 'free' | 'leaseless' | 'full'];

/**
 * The ledger of a cluster, as one node uses it. A Redis that loses its data forgets which calls have run: with
 * persistence (AOF) a key holds through its restart too.
 */
export class RedisLedger implements Ledger {
  private readonly limits: LedgerLimits;

  constructor(
    private readonly store: Store,
    private readonly options: RedisLedgerOptions,
  ) {
    this.limits = options.limits ?? REDIS_LEDGER_LIMITS;
  }

  async claim(entry: LedgerEntry): Promise<Claim> {
    const standing = await this.ask(entry, true);
    if (standing.state !== 'free') return standing;
    throw new LocalError('store_script_failed', 'ledger: a claim was answered as a look'); // the script has no such way
  }

  async look(entry: LedgerEntry): Promise<Standing | { readonly state: 'free' }> {
    const standing = await this.ask(entry, false);
    return standing.state === 'claimed' ? { state: 'running' } : standing;
  }

  async settle(entry: LedgerEntry, fence: number, outcomeJson: string): Promise<boolean> {
    const args = [fence, entry.attempt, outcomeJson, entry.key, LEDGER_KEEP_MS];
    return (await this.store.run(SETTLE, this.keys(entry), args)) === 1;
  }

  async release(entry: LedgerEntry, fence: number): Promise<void> {
    await this.store.run(RELEASE, this.keys(entry), [fence, entry.attempt, entry.key]);
  }

  private async ask(entry: LedgerEntry, take: boolean): Promise<Claim | { readonly state: 'free' }> {
    const { key, digest, repeatable, attempt } = entry;
    const { entries, outcomeBytes } = this.limits;
    const reply = (await this.store.run(CLAIM, this.keys(entry), [
      take ? 1 : 0,
      digest,
      repeatable ? 1 : 0,
      attempt,
      this.options.owner,
      leasePrefix(this.store),
      key,
      KEEP_CLAIM_MS,
      LEDGER_KEEP_MS,
      entries,
      outcomeBytes,
    ])) as Reply;
    switch (reply[0]) {
      case 'claimed':
        return { state: 'claimed', fence: Number(reply[1]) };
      case 'settled':
        return { state: 'settled', outcomeJson: reply[1] };
      case 'leaseless':
        throw new LocalError('store_unavailable', 'ledger: this node has lost its lease');
      case 'full':
        throw new LocalError('store_full', 'ledger: no room for another key');
      default:
        return { state: reply[0] };
    }
  }

  private keys({ key }: LedgerEntry): string[] {
    return [
      this.store.key('ledger', 'call', key),
      this.store.key('ledger', 'index'),
      this.store.key('ledger', 'sizes'),
    ];
  }
}
