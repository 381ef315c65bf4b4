import type { MarkHolder, MarkStore } from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

export interface MarkStoreHarness {
  /** Two nodes' views of the same marks. */
  readonly first: MarkStore;
  readonly second: MarkStore;
  /** Lets time pass for the store. */
  elapse(ms: number): Promise<void>;
}

const LIFE_MS = 600_000;
const by = (holder: string, again = false): MarkHolder => ({ holder, again });

/** What every MarkStore keeps to. `open` gives an empty one. */
export function markStoreContract(name: string, open: () => Promise<MarkStoreHarness>): void {
  describe(`${name}: a store of marks`, () => {
    let harness: MarkStoreHarness;
    let first: MarkStore;
    let second: MarkStore;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });

    it('S5: a mark is taken once, on whichever node', async () => {
      expect(await first.take('m', LIFE_MS, by('one'))).toBe(true);
      expect([await first.take('m', LIFE_MS, by('two')), await second.take('m', LIFE_MS, by('two'))]).toEqual([
        false,
        false,
      ]);
      expect(await second.take('other', LIFE_MS, by('two'))).toBe(true);
    });

    it('S5: of a hundred that take it at once one has it', async () => {
      const taken = await Promise.all(
        Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? first : second).take('m', LIFE_MS, by(String(n)))),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('S5: a mark that was given back is taken once more', async () => {
      await first.take('m', LIFE_MS, by('one'));
      await first.release('m');
      expect([await second.take('m', LIFE_MS, by('two')), await first.take('m', LIFE_MS, by('one'))]).toEqual([
        true,
        false,
      ]);
      await first.release('nobody has it');
    });

    it('S5: a call that comes again has its own mark, and no other; without that word it has not', async () => {
      await first.take('m', LIFE_MS, by('one'));
      expect(await second.take('m', LIFE_MS, by('two', true))).toBe(false);
      expect(await second.take('m', LIFE_MS, by('one'))).toBe(false);
      expect(await second.take('m', LIFE_MS, by('one', true))).toBe(true);
      expect(await second.take('new', LIFE_MS, by('one', true))).toBe(true);
    });

    it('S5: a mark is kept for its life', async () => {
      await first.take('m', LIFE_MS, by('one'));
      await harness.elapse(LIFE_MS - 5_000);
      expect(await second.take('m', LIFE_MS, by('two'))).toBe(false);
      await harness.elapse(5_001);
      expect(await second.take('m', LIFE_MS, by('two'))).toBe(true);
    });
  });
}
