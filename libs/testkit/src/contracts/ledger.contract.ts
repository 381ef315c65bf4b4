import { errorCode } from '@mcp-cluster/kernel';
import {
  LEDGER_KEEP_MS,
  MAX_OUTCOME_BYTES,
  type Ledger,
  type LedgerEntry,
  type LedgerLimits,
} from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

/** One ledger, as several nodes use it. */
export interface LedgerHarness {
  /** The view of a node, `<id>/<incarnation>`, which holds its lease from now on. */
  node(owner: string): Promise<Ledger>;
  loseLease(owner: string): Promise<void>;
  /** Lets time pass for the ledger. */
  elapse(ms: number): Promise<void>;
}

/** Opens an empty one. */
export type OpenLedger = (limits?: LedgerLimits) => Promise<LedgerHarness>;

let attempts = 0;

/** A try of a call that may be repeated, unless `more` says otherwise. */
export function entryOf(key: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { key, digest: 'digest', repeatable: true, attempt: `attempt-${String((attempts += 1))}`, ...more };
}

/** Claims what must be free. */
export async function claimed(ledger: Ledger, entry: LedgerEntry): Promise<number> {
  const claim = await ledger.claim(entry);
  expect(claim.state).toBe('claimed');
  return claim.state === 'claimed' ? claim.fence : 0;
}

const A = 'node-a/1';
const B = 'node-b/1';
const SETTLED = { state: 'settled', outcomeJson: '{"result":1}' } as const;

/** What every Ledger keeps to. */
export function ledgerContract(name: string, open: OpenLedger): void {
  describe(`${name}: a ledger`, () => {
    let harness: LedgerHarness;
    let first: Ledger;
    let second: Ledger;
    beforeEach(async () => {
      harness = await open();
      [first, second] = [await harness.node(A), await harness.node(B)];
    });

    it('a key runs once: other calls see it run, then its outcome, on any node', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      expect([await first.claim(entryOf('k')), await second.claim(entryOf('k'))]).toEqual([
        { state: 'running' },
        { state: 'running' },
      ]);
      expect(await first.settle(entry, fence, SETTLED.outcomeJson)).toBe(true);
      expect([await first.claim(entryOf('k')), await second.look(entryOf('k'))]).toEqual([SETTLED, SETTLED]);
      await claimed(second, entryOf('other'));
    });

    it('a thousand claims of one key at once: one is told to run', async () => {
      const claims = await Promise.all(
        Array.from({ length: 1_000 }, (_, n) =>
          (n % 2 === 0 ? first : second).claim(entryOf('k', { repeatable: n % 3 === 0 })),
        ),
      );
      const states = claims.map(({ state }) => state);
      expect(states.filter((state) => state === 'claimed')).toHaveLength(1);
      expect(states.filter((state) => state === 'running')).toHaveLength(999);
    });

    it('the same key with other arguments is a conflict, running and settled', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      const other = entryOf('k', { digest: 'other' });
      expect(await second.claim(other)).toEqual({ state: 'conflict' });
      await first.settle(entry, fence, SETTLED.outcomeJson);
      expect([await second.claim(other), await first.look(other)]).toEqual([
        { state: 'conflict' },
        { state: 'conflict' },
      ]);
    });

    it('a key that was given back is free, and the one that gave it back can settle nothing', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      await first.release(entry, fence);
      expect(await second.look(entryOf('k'))).toEqual({ state: 'free' });
      const next = entryOf('k', { digest: 'other' });
      const higher = await claimed(second, next);
      expect(higher).toBeGreaterThan(fence);
      expect(await first.settle(entry, fence, '"stale"')).toBe(false);
      await first.release(entry, fence);
      expect(await second.settle(next, higher, SETTLED.outcomeJson)).toBe(true);
    });

    it('looking takes nothing', async () => {
      expect(await first.look(entryOf('k'))).toEqual({ state: 'free' });
      await claimed(second, entryOf('k'));
      expect(await first.look(entryOf('k'))).toEqual({ state: 'running' });
    });

    it('a claim whose answer was lost is found again by its attempt, and by no other', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      expect(await first.claim(entry)).toEqual({ state: 'claimed', fence });
      expect(await first.claim(entryOf('k'))).toEqual({ state: 'running' });
    });

    it('experiment 3: a repeatable call of a lost node is claimed with a higher fence, by one', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      await harness.loseLease(A);
      expect(await second.look(entryOf('k'))).toEqual({ state: 'free' });
      const third = await harness.node('node-c/1');
      const tries = [entryOf('k'), entryOf('k')] as const;
      const claims = await Promise.all([second.claim(tries[0]), third.claim(tries[1])]);
      expect(claims.map(({ state }) => state).toSorted()).toEqual(['claimed', 'running']);
      const [winner, again] = claims[0].state === 'claimed' ? [second, tries[0]] : [third, tries[1]];
      const claim = claims.find(({ state }) => state === 'claimed') as { fence: number };
      expect(claim.fence).toBeGreaterThan(fence);
      expect(await first.settle(entry, fence, '"stale"')).toBe(false);
      expect(await winner.settle(again, claim.fence, SETTLED.outcomeJson)).toBe(true);
      expect(await second.look(entryOf('k'))).toEqual(SETTLED);
    });

    it('experiment 10: any other call of a lost node is unknown, and stays so when that node comes back', async () => {
      const entry = entryOf('k', { repeatable: false });
      const fence = await claimed(first, entry);
      await harness.loseLease(A);
      expect(await second.claim(entryOf('k', { repeatable: false }))).toEqual({ state: 'unknown' });
      await harness.node(A);
      expect(await first.settle(entry, fence, '"late"')).toBe(false);
      await first.release(entry, fence);
      expect(await first.claim(entryOf('k', { repeatable: false }))).toEqual({ state: 'unknown' });
      expect(await second.claim(entryOf('k'))).toEqual({ state: 'unknown' });
    });

    it('experiment 10: a node that was cut off may settle what nobody asked for meanwhile', async () => {
      const entry = entryOf('k', { repeatable: false });
      const fence = await claimed(first, entry);
      await harness.loseLease(A);
      expect(await first.settle(entry, fence, SETTLED.outcomeJson)).toBe(true);
      expect(await second.claim(entryOf('k', { repeatable: false }))).toEqual(SETTLED);
    });

    it('a new life of a node does not own what the one before claimed', async () => {
      await claimed(first, entryOf('k', { repeatable: false }));
      await harness.loseLease(A);
      const reborn = await harness.node('node-a/2');
      expect(await reborn.claim(entryOf('k', { repeatable: false }))).toEqual({ state: 'unknown' });
    });

    it('a node without a lease claims nothing', async () => {
      await harness.loseLease(A);
      const code = await first.claim(entryOf('k')).then(() => 'claimed', errorCode);
      expect(code).toBe('store_unavailable');
      expect(await second.look(entryOf('k'))).toEqual({ state: 'free' });
    });

    it('settling twice is settling once', async () => {
      const entry = entryOf('k');
      const fence = await claimed(first, entry);
      expect(await first.settle(entry, fence, SETTLED.outcomeJson)).toBe(true);
      expect(await first.settle(entry, fence, '"again"')).toBe(true);
      await first.release(entry, fence);
      expect(await second.claim(entryOf('k'))).toEqual(SETTLED);
    });

    it('outcomes come back as they are, up to the largest one', async () => {
      const entry = entryOf('k');
      const outcomeJson = JSON.stringify(`"\0é🙂${'x'.repeat(MAX_OUTCOME_BYTES - 40)}`);
      await first.settle(entry, await claimed(first, entry), outcomeJson);
      expect(await second.claim(entryOf('k'))).toEqual({ state: 'settled', outcomeJson });
    });

    it('an outcome is kept for a day, then the key is free', async () => {
      const entry = entryOf('k');
      await first.settle(entry, await claimed(first, entry), SETTLED.outcomeJson);
      await harness.elapse(LEDGER_KEEP_MS - 60_000);
      expect(await second.look(entryOf('k'))).toEqual(SETTLED);
      await harness.elapse(61_000);
      await claimed(second, entryOf('k', { digest: 'other' }));
    });

    it('a call that runs is not forgotten', async () => {
      await claimed(first, entryOf('k'));
      await harness.elapse(LEDGER_KEEP_MS + 1);
      expect(await second.claim(entryOf('k'))).toEqual({ state: 'running' });
    });
  });

  describe(`${name}: a ledger that is full`, () => {
    it('takes no further key and keeps those that it has, until they expire or are given back', async () => {
      const harness = await open({ entries: 2, outcomeBytes: 1_000 });
      const ledger = await harness.node(A);
      const [one, two] = [entryOf('1'), entryOf('2')];
      const fences = [await claimed(ledger, one), await claimed(ledger, two)] as const;
      const code = (): Promise<unknown> => ledger.claim(entryOf('3')).then(() => 'claimed', errorCode);
      expect(await code()).toBe('store_full');
      expect(await ledger.settle(one, fences[0], SETTLED.outcomeJson)).toBe(true);
      expect(await ledger.claim(entryOf('1'))).toEqual(SETTLED);
      expect(await code()).toBe('store_full');
      await ledger.release(two, fences[1]);
      await claimed(ledger, entryOf('3'));
      await harness.elapse(LEDGER_KEEP_MS + 1);
      await claimed(ledger, entryOf('4'));
    });

    it('of outcomes takes no further key either', async () => {
      const harness = await open({ entries: 100, outcomeBytes: 1_000 });
      const ledger = await harness.node(A);
      const entry = entryOf('1');
      await ledger.settle(entry, await claimed(ledger, entry), JSON.stringify('x'.repeat(1_000)));
      expect(await ledger.claim(entryOf('2')).then(() => 'claimed', errorCode)).toBe('store_full');
      await harness.elapse(LEDGER_KEEP_MS + 1);
      await claimed(ledger, entryOf('2'));
    });
  });
}
