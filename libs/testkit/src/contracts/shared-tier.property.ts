import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tierMeta } from './cache-tier.contract.js';
import { claimOf, LEASE_MS, type OpenSharedTier, type SharedTierHarness } from './shared-tier.contract.js';

const OWNERS = ['node-a/1', 'node-b/1', 'node-c/1'] as const;
const KEYS = [
  { id: 'one', tags: ['everything', 'one', 'red'] },
  { id: 'two', tags: ['everything', 'two', 'red', 'blue'] },
] as const;
type Key = (typeof KEYS)[number];

const node = fc.constantFrom(0, 1, 2);
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('fetch' as const), node, key }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(5), keeps: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('renew' as const, 'set' as const), which: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('invalidate' as const), tag: fc.constantFrom('red', 'blue', 'one') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lapse' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A claim that was granted, once. */
interface Granted {
  readonly key: Key;
  readonly node: number;
  readonly version: number;
}

/** What the level has to know of a key. */
interface Known {
  held: { readonly born: number; readonly said: number } | undefined;
  claim: { readonly of: Granted; awaited: boolean } | undefined;
}

/** What a shared level does, told in other words than one is written in. */
class SharedTierStory {
  private readonly grants: Granted[] = [];
  private readonly known = new Map<Key, Known>(KEYS.map((one) => [one, { held: undefined, claim: undefined }]));
  private readonly invalidated = new Map<string, number>();
  private highest = 0;
  private said = 0;

  constructor(private readonly harness: SharedTierHarness) {}

  async tell(one: Step): Promise<void> {
    if (one.do === 'fetch') return this.fetch(one.node, one.key);
    if (one.do === 'delete') return this.delete(one.key);
    if (one.do === 'invalidate') return this.invalidate(one.tag);
    if (one.do === 'lapse') return this.lapse();
    const grant = this.grants[one.which % Math.max(1, this.grants.length)];
    if (grant === undefined) return;
    if (one.do === 'settle') await this.settle(grant, one.keeps);
    else await (one.do === 'renew' ? this.renew(grant) : this.set(grant));
  }

  private async fetch(at: number, asked: Key): Promise<void> {
    const answer = await this.tier(at).fetch(asked, claimOf(ownerOf(at)));
    const of = this.of(asked);
    const bar = this.lastOf(asked);
    // The level itself may know of more than the story: a log that it began.
    if (bar > 0) expect(answer.invalidatedAt).toBe(bar);
    else expect(answer.invalidatedAt).toBeLessThanOrEqual(this.highest);
    if (of.held !== undefined && of.held.born > bar) {
      expect(answer).toMatchObject({ state: 'hit' });
      expect(answer.state === 'hit' && [...answer.bytes]).toEqual([of.held.said]);
      return;
    }
    const { claim } = of;
    if (claim === undefined || claim.of.version <= bar) {
      const grant = { key: asked, node: at, version: this.rises(answer.state === 'claimed' ? answer.version : 0) };
      this.grants.unshift(grant);
      of.claim = { of: grant, awaited: claim?.awaited ?? false };
    } else if (claim.of.node === at) expect(answer).toMatchObject({ state: 'claimed', version: claim.of.version });
    else {
      expect(answer.state).toBe('taken');
      claim.awaited = true;
    }
  }

  private async settle(grant: Granted, keeps: boolean): Promise<void> {
    const of = this.of(grant.key);
    const holds = of.claim?.of === grant;
    const awaited = holds && of.claim?.awaited === true;
    const kept = holds && keeps && this.takes(grant);
    const { id } = grant.key;
    const claim = claimOf(ownerOf(grant.node));
    const entry = keeps ? this.entry(grant) : undefined;
    expect(await this.tier(grant.node).settle(id, grant.version, claim, entry)).toEqual({ kept, awaited });
    if (holds) of.claim = undefined;
    if (kept) of.held = { born: grant.version, said: this.said };
  }

  private async set(grant: Granted): Promise<void> {
    const taken = this.takes(grant);
    const { meta, bytes } = this.entry(grant);
    expect(await this.tier(grant.node).set(meta, bytes)).toBe(taken);
    if (taken) this.of(grant.key).held = { born: grant.version, said: this.said };
  }

  private async renew(grant: Granted): Promise<void> {
    const renewed = await this.tier(grant.node).renew(grant.key.id, grant.version, claimOf(ownerOf(grant.node)));
    expect(renewed).toBe(this.of(grant.key).claim?.of === grant);
  }

  private async invalidate(tag: string): Promise<void> {
    this.invalidated.set(tag, this.rises(await this.harness.first.invalidate([tag], 0)));
  }

  private async delete(gone: Key): Promise<void> {
    const there = await this.harness.second.delete(gone.id);
    const { held } = this.of(gone);
    // One that was invalidated is gone for everybody; whether its bytes are still there is the level's own business.
    if (held === undefined || held.born > this.lastOf(gone)) expect(there).toBe(held !== undefined);
    this.of(gone).held = undefined;
  }

  private async lapse(): Promise<void> {
    await this.harness.elapse(LEASE_MS + 1);
    for (const of of this.known.values()) of.claim = undefined;
  }

  private rises(version: number): number {
    expect(version).toBeGreaterThan(this.highest);
    return (this.highest = version);
  }

  /** Whether an entry that was born with this claim is to be kept. */
  private takes({ key: one, version }: Granted): boolean {
    return version > this.lastOf(one) && version >= (this.of(one).held?.born ?? 0);
  }

  private entry({ key: { id, tags }, version }: Granted) {
    this.said = (this.said + 1) % 256;
    const until = this.harness.now() + 3_000_000;
    const times = { freshUntil: until, staleUntil: until, errorUntil: until };
    return { meta: tierMeta(id, 0, { tags, born: version, ...times }), bytes: Uint8Array.of(this.said) };
  }

  private lastOf({ tags }: Key): number {
    return Math.max(...tags.map((tag) => this.invalidated.get(tag) ?? 0));
  }

  private tier(at: number) {
    return at === 1 ? this.harness.second : this.harness.first;
  }

  private of(asked: Key): Known {
    const of = this.known.get(asked);
    if (of === undefined) throw new Error(`no such key: ${asked.id}`);
    return of;
  }
}

function ownerOf(at: number): string {
  return OWNERS[at] ?? '';
}

/**
 * Three nodes that load, settle late and twice, lose their claims, promote and invalidate: versions rise, a key has one
 * holder, and nothing that was invalidated is ever found again.
 * @param runs stories that are told; a failure says its seed and its path
 */
export function sharedTierProperty(name: string, open: OpenSharedTier, runs: number): void {
  it(`P06, experiment 18: ${name}: one holder a key, versions that rise, and no old value, whatever happens`, async ({
    annotate,
  }) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const story = new SharedTierStory(await open());
      for (const one of steps) await story.tell(one);
    });
    const details = await fc.check(property, { numRuns: runs });
    await annotate(`seed ${String(details.seed)}`);
    expect(details.failed ? await fc.asyncDefaultReportMessage(details) : '').toBe('');
  }, 60_000);
}
