import type { Leadership, Term } from '@mcp-cluster/cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface LeadershipHarness {
  /** The only contender of its cluster. */
  readonly leadership: Leadership;
  close(): Promise<void>;
}

/** What leadership keeps to for the one who gets it. */
export function leadershipContract(name: string, open: () => Promise<LeadershipHarness>): void {
  describe(`${name}: leadership`, () => {
    let harness: LeadershipHarness;
    let leadership: Leadership;
    let told: (Term | undefined)[];
    beforeEach(async () => {
      harness = await open();
      ({ leadership } = harness);
      told = [];
      leadership.onChange((term) => told.push(term));
    });
    afterEach(async () => {
      await harness.close();
    });

    const leads = (): Promise<Term> =>
      new Promise((resolve) => {
        leadership.onChange((term) => {
          if (term !== undefined) resolve(term);
        });
        leadership.start();
      });

    it('nobody leads who has not started', async () => {
      expect(leadership.term).toBeUndefined();
      await leadership.stop();
      expect(told).toEqual([]);
    });

    it('the only contender leads, with a token, and is told once', async () => {
      const term = await leads();
      expect(Number.isSafeInteger(term.token) && term.token > 0).toBe(true);
      expect(leadership.term).toEqual(term);
      leadership.start();
      expect(told).toEqual([term]);
    });

    it('experiment 12: who stops leads no more, from the call on', async () => {
      const term = await leads();
      const stopped = leadership.stop();
      expect(leadership.term).toBeUndefined();
      expect(told).toEqual([term, undefined]);
      await stopped;
      await leadership.stop();
      expect(told).toEqual([term, undefined]);
    });

    it('who starts again leads again, with no lower token', async () => {
      const term = await leads();
      await leadership.stop();
      const again = await leads();
      expect(again.token).toBeGreaterThanOrEqual(term.token);
      expect(leadership.term).toEqual(again);
    });
  });
}
