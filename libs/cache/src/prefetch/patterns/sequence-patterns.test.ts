import type { CacheQuery } from '@mcp-cluster/protocol';
import { seededRng, randomInt } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import type { Access } from '../access-log.js';
import { FollowedKey, HALF_LIFE_MS, MAX_SUCCESSORS } from './followed-key.js';
import { MAX_FOLLOWED, MAX_TRAILS, SEQUENCE_GAP_MS, SequencePatterns } from './sequence-patterns.js';

// What a query is made of matters to nobody here, only whether there is one.
const recipe = {} as unknown as CacheQuery<unknown>;

function access(who: string | undefined, id: string, at: number, owner = ''): Access {
  return { who, id, space: 'notes', owner, at, query: recipe };
}

/** After all cases, and before any of them is half forgotten. */
const LATER = HALF_LIFE_MS / 2;

/** `who` asks for these, a second after one another, and for something else in the end. */
function visit(patterns: SequencePatterns, who: string, ids: readonly string[], from: number): number {
  let at = from;
  for (const id of [...ids, 'end']) patterns.learn(access(who, id, (at += 1_000)));
  return at + 2 * SEQUENCE_GAP_MS;
}

function after(patterns: SequencePatterns, id: string, at: number, who = 'me'): readonly (readonly [string, number])[] {
  patterns.learn(access(who, id, at));
  return patterns.predict(who).map(({ id: next, confidence }) => [next, confidence]);
}

describe('P07: sequences', () => {
  it('count from the fourth case on: frequency/10 up to 0.9', () => {
    const confidences: number[] = [];
    for (let cases = 0; cases <= 12; cases += 1) {
      const patterns = new SequencePatterns();
      let at = 0;
      for (let one = 0; one < cases; one += 1) at = visit(patterns, 'me', ['a', 'b'], at);
      // Whose first case is in question is not there yet: a visit without a successor lowers the share a little.
      confidences.push(after(patterns, 'a', at)[0]?.[1] ?? 0);
    }
    expect(confidences.slice(0, 8)).toEqual([0, 0, 0, 0, 0.4, 0.5, 0.6, 0.7]);
    expect(confidences[8]).toBe(0.8);
    expect(confidences[9]).toBe(0.9);
    expect(confidences[12]).toBe(0.9);
  });

  it('are believed no more than the share of the cases in which they came true', () => {
    const patterns = new SequencePatterns();
    let at = 0;
    for (let one = 0; one < 1_000; one += 1) at = visit(patterns, 'me', one % 100 === 0 ? ['a', 'b'] : ['a'], at);
    expect(after(patterns, 'a', at).filter(([id]) => id === 'b')).toEqual([]);
    for (let one = 0; one < 100; one += 1) at = visit(patterns, 'me', one % 2 === 0 ? ['c', 'd'] : ['c'], at);
    const half = after(patterns, 'c', at).find(([id]) => id === 'd')?.[1];
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.6);
  });

  it('are of one caller: two who take turns make none, nor does nobody', () => {
    const patterns = new SequencePatterns();
    for (let one = 0; one < 50; one += 1) {
      patterns.learn(access('me', 'a', one * 2_000));
      patterns.learn(access('you', 'b', one * 2_000 + 1_000));
      patterns.learn(access(undefined, 'c', one * 2_000 + 1_001));
      patterns.learn(access('x'.repeat(65), String(one % 2), one * 2_000 + 1_002));
    }
    expect(patterns.size).toEqual({ trails: 2, followed: 0, pairs: 0 });
  });

  it('are broken by a minute, and by accesses that were lost', () => {
    const patterns = new SequencePatterns();
    for (let one = 0; one < 20; one += 1) {
      patterns.learn(access('me', 'a', one * 10 * SEQUENCE_GAP_MS));
      patterns.learn(access('me', 'b', one * 10 * SEQUENCE_GAP_MS + SEQUENCE_GAP_MS + 1));
    }
    for (let one = 0; one < 20; one += 1) {
      patterns.interrupt();
      patterns.learn(access('you', 'a', one));
      patterns.interrupt();
      patterns.learn(access('you', 'b', one));
    }
    expect(patterns.size.pairs).toBe(0);
  });

  it('take the same key twice as one visit', () => {
    const patterns = new SequencePatterns();
    let at = 0;
    for (let one = 0; one < 10; one += 1) at = visit(patterns, 'me', ['a', 'a', 'a', 'b'], at);
    expect(after(patterns, 'a', at)).toEqual([['b', 0.9]]);
  });

  it('lead past what may not be prefetched, never to it', () => {
    const patterns = new SequencePatterns();
    for (let one = 0; one < 10; one += 1) {
      const at = one * 10 * SEQUENCE_GAP_MS;
      patterns.learn(access('me', 'a', at));
      patterns.learn({ ...access('me', 'not allowed', at + 1), query: undefined });
      patterns.learn(access('me', 'b', at + 2));
    }
    expect(after(patterns, 'a', LATER)).toEqual([]);
    expect(after(patterns, 'not allowed', 2 * LATER)).toEqual([['b', expect.closeTo(0.9, 1)]]);
  });

  it('are forgotten: by what callers do now, and by time', () => {
    const patterns = new SequencePatterns();
    let at = 0;
    for (let one = 0; one < 100; one += 1) at = visit(patterns, 'me', ['a', 'old'], at);
    for (let one = 0; one < 32; one += 1) at = visit(patterns, 'me', ['a', 'new'], at);
    const now = new Map(after(patterns, 'a', at));
    expect(now.get('old') ?? 0).toBeLessThan(0.4);
    expect(now.get('new')).toBeGreaterThan(0.5);

    const aged = new SequencePatterns();
    at = 0;
    for (let one = 0; one < 10; one += 1) at = visit(aged, 'me', ['a', 'b'], at);
    expect(after(aged, 'a', at + HALF_LIFE_MS)).toEqual([['b', 0.5]]);
    expect(after(aged, 'a', at + 5 * HALF_LIFE_MS)).toEqual([]);
    expect(aged.size.pairs).toBe(1); // b's own successor
  });

  it('have four rivals at most, and a newcomer takes the place of one that was seen once', () => {
    const key = new FollowedKey(0);
    for (let one = 0; one < 100; one += 1) {
      key.visited(0);
      key.followedBy('again and again');
      key.visited(0);
      key.followedBy(`once ${String(one)}`);
    }
    const counts = new Map<string, number>();
    key.each((id, count) => counts.set(id, count));
    expect(counts.size).toBeLessThanOrEqual(MAX_SUCCESSORS);
    expect(counts.get('again and again')).toBeGreaterThanOrEqual(8);
    expect(counts.get('once 99')).toBe(1);
  });

  it('S7: lead to a private key only one who asked for that owner’s keys before', () => {
    const patterns = new SequencePatterns();
    for (let one = 0; one < 10; one += 1)
      for (const who of ['alice', 'bob']) {
        const at = one * 10 * SEQUENCE_GAP_MS;
        patterns.learn(access(who, 'a', at));
        patterns.learn(access(who, `${who}'s`, at + 1, who));
        patterns.learn(access(who, 'end', at + 2));
      }
    expect(after(patterns, 'a', LATER, 'alice')).toEqual([["alice's", 0.9]]);
    expect(after(patterns, 'a', LATER, 'bob')).toEqual([["bob's", 0.9]]);
    expect(after(patterns, 'a', LATER, 'carol')).toEqual([]);
    const { pairs } = patterns.size;
    // One who is suddenly another: what follows the first one's key is not the second one's.
    patterns.learn(access('dave', "alice's", LATER, 'alice'));
    patterns.learn(access('dave', "bob's", LATER, 'bob'));
    expect(patterns.predict('dave').map(({ id }) => id)).not.toContain("alice's");
    expect(patterns.size.pairs).toBe(pairs);
  });

  it('stay in their bounds under 200,000 random accesses', () => {
    const patterns = new SequencePatterns();
    const rng = seededRng(7);
    for (let at = 0; at < 200_000; at += 1) {
      const owner = rng.next() < 0.5 ? '' : `owner ${String(randomInt(rng, 3_000))}`;
      const key = String(Math.floor(20_000 * rng.next() ** 3));
      patterns.learn(access(`who ${String(randomInt(rng, 3_000))}`, key, at, owner));
    }
    expect(patterns.size.trails).toBe(MAX_TRAILS);
    expect(patterns.size.followed).toBeLessThanOrEqual(MAX_FOLLOWED);
    expect(patterns.size.pairs).toBeLessThanOrEqual(MAX_FOLLOWED * MAX_SUCCESSORS);
  });
});
