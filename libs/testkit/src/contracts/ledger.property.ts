import { errorCode } from '@mcp-cluster/kernel';
import type { Ledger, LedgerEntry } from '@mcp-cluster/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryOf, type LedgerHarness, type OpenLedger } from './ledger.contract.js';

const OWNERS = ['node-a/1', 'node-b/1', 'node-c/1'] as const;
/** The second key's tool may not run twice. */
const KEYS = ['repeatable', 'once'] as const;

const node = fc.constantFrom(0, 1, 2);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('claim', 'look'), node, key: fc.constantFrom(...KEYS) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('settle', 'release', 'repeat'), which: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('lose lease', 'gain lease'), node }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A claim that was granted. */
interface Granted {
  readonly key: string;
  readonly node: number;
  readonly entry: LedgerEntry;
  readonly fence: number;
}

/** What the ledger has to know of a key, told in other words than a ledger is written in. */
interface Known {
  state: 'free' | 'running' | 'settled' | 'unknown';
  outcome: string;
  holder: Granted | undefined;
  highest: number;
}

class LedgerStory {
  private readonly granted: Granted[] = [];
  private readonly alive = [true, true, true];
  private readonly keys = new Map<string, Known>(
    KEYS.map((key) => [key, { state: 'free', outcome: '', holder: undefined, highest: 0 }]),
  );
  private said = 0;

  private constructor(
    private readonly harness: LedgerHarness,
    private readonly nodes: readonly Ledger[],
  ) {}

  static async begin(harness: LedgerHarness): Promise<LedgerStory> {
    const nodes: Ledger[] = [];
    for (const owner of OWNERS) nodes.push(await harness.node(owner));
    return new LedgerStory(harness, nodes);
  }

  async tell(one: Step): Promise<void> {
    if ('key' in one) await (one.do === 'claim' ? this.claim(one.node, one.key) : this.look(one.node, one.key));
    else if ('node' in one) await this.lease(one.node, one.do === 'gain lease');
    else await this.end(one.do, one.which);
  }

  private async claim(at: number, key: string): Promise<void> {
    const entry = entryOf(key, { repeatable: key === 'repeatable' });
    const expected = this.standing(key);
    if (expected === 'free' && !this.alive[at]) {
      expect(
        await this.node(at)
          .claim(entry)
          .then(() => 'done', errorCode),
      ).toBe('store_unavailable');
      return;
    }
    const claim = await this.node(at).claim(entry);
    this.check(key, expected, claim);
    if (expected !== 'free') return;
    const { fence } = claim as { fence: number };
    const known = this.known(key);
    expect(fence).toBeGreaterThan(known.highest);
    const holder = { key, node: at, entry, fence };
    this.granted.unshift(holder);
    Object.assign(known, { state: 'running', holder, highest: fence });
  }

  private async look(at: number, key: string): Promise<void> {
    const expected = this.standing(key);
    const looked = await this.node(at).look(entryOf(key, { repeatable: key === 'repeatable' }));
    this.check(key, expected, looked);
  }

  private async end(how: 'settle' | 'release' | 'repeat', which: number): Promise<void> {
    const claim = this.granted[which % Math.max(1, this.granted.length)];
    if (claim === undefined) return;
    const known = this.known(claim.key);
    const holds = known.holder === claim;
    const ledger = this.node(claim.node);
    if (how === 'settle') {
      const outcome = JSON.stringify((this.said += 1));
      expect(await ledger.settle(claim.entry, claim.fence, outcome)).toBe(holds && known.state !== 'unknown');
      if (holds && known.state === 'running') Object.assign(known, { state: 'settled', outcome });
    } else if (how === 'release') {
      await ledger.release(claim.entry, claim.fence);
      if (holds && known.state === 'running') Object.assign(known, { state: 'free', holder: undefined });
    } else if (holds && known.state === 'running' && this.alive[claim.node])
      expect(await ledger.claim(claim.entry)).toEqual({ state: 'claimed', fence: claim.fence });
  }

  private async lease(at: number, gained: boolean): Promise<void> {
    this.alive[at] = gained;
    if (gained) await this.harness.node(ownerOf(at));
    else await this.harness.loseLease(ownerOf(at));
  }

  /** How a key stands for whoever asks now. That an outcome is unknown is decided when somebody asks. */
  private standing(key: string): Known['state'] {
    const known = this.known(key);
    if (known.state !== 'running' || this.alive[known.holder?.node ?? 0]) return known.state;
    if (key === 'repeatable') return 'free';
    return (known.state = 'unknown');
  }

  private check(key: string, expected: Known['state'], told: { readonly state: string }): void {
    if (expected === 'free') expect(['claimed', 'free']).toContain(told.state);
    else if (expected === 'settled') expect(told).toEqual({ state: 'settled', outcomeJson: this.known(key).outcome });
    else expect(told).toEqual({ state: expected });
  }

  private node(at: number): Ledger {
    const ledger = this.nodes[at];
    if (ledger === undefined) throw new Error(`no such node: ${String(at)}`);
    return ledger;
  }

  private known(key: string): Known {
    const known = this.keys.get(key);
    if (known === undefined) throw new Error(`no such key: ${key}`);
    return known;
  }
}

function ownerOf(at: number): string {
  return OWNERS[at] ?? '';
}

/**
 * Three nodes that lose and regain their leases, claim, settle late and twice: a key that may not be repeated is never
 * granted twice, fences rise, and what was told once is told for ever.
 * @param runs stories that are told; a failure says its seed and its path
 */
export function ledgerProperty(name: string, open: OpenLedger, runs: number): void {
  it(`experiments 3, 5, 10: ${name}: each key has one holder and one outcome, whatever happens`, async ({
    annotate,
  }) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const story = await LedgerStory.begin(await open());
      for (const one of steps) await story.tell(one);
    });
    const details = await fc.check(property, { numRuns: runs });
    await annotate(`seed ${String(details.seed)}`);
    expect(details.failed ? await fc.asyncDefaultReportMessage(details) : '').toBe('');
  }, 60_000);
}
