import { seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterKey, Seal } from './seal.js';
import { SESSION_LIFE_MS, SessionSeal, type SessionFacts } from './session-seal.js';

const clock = new VirtualClock();
const key = ClusterKey.from('a key of thirty-two bytes or more');
const seal = new SessionSeal(key, clock, seededRng(1));
const facts: SessionFacts = {
  revision: '2025-06-18',
  capabilities: { elicitation: {}, roots: { listChanged: true } },
  info: { name: 'client', version: '1.0', title: 'Ein Ütest' },
  principal: { issuer: 'https://idp', subject: 'ada' },
  home: 'node-7',
  expiresAt: clock.now() + SESSION_LIFE_MS,
};

describe('a session id', () => {
  it('opens on every node with the key, and says all that was agreed', () => {
    const elsewhere = new SessionSeal(ClusterKey.from('a key of thirty-two bytes or more'), clock, seededRng(2));
    expect(elsewhere.open(seal.close(facts))).toEqual(facts);
  });

  it('is visible ASCII, as the specification wants it, and fits a header', () => {
    expect(seal.close(facts)).toMatch(/^[\x21-\x7e]{50,4096}$/);
  });

  it('with one bit flipped is refused', () => {
    const bytes = Buffer.from(seal.close(facts), 'base64url');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const altered = Buffer.from(bytes);
        altered[bit >> 3]! ^= 1 << (bit & 7);
        expect(seal.open(altered.toString('base64url'))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('expires', async () => {
    const later = new VirtualClock(clock.now());
    const short = new SessionSeal(key, later, seededRng(3));
    const id = short.close({ ...facts, expiresAt: later.now() + 1_000 });
    await later.advance(999);
    expect(short.open(id)).toBeDefined();
    await later.advance(1);
    expect(short.open(id)).toBeUndefined();
  });

  it('of another key, another purpose or another format is refused', () => {
    const foreign = new SessionSeal(ClusterKey.from('another key of thirty-two bytes..'), clock, seededRng(4));
    expect(foreign.open(seal.close(facts))).toBeUndefined();
    const state = new Seal(key, 'request-state/1', seededRng(5));
    expect(
      seal.open(state.close(JSON.stringify(['2025-06-18', {}, {}, '', '', 'n', facts.expiresAt]))),
    ).toBeUndefined();
    for (const id of ['', 'abc', 'x'.repeat(10_000), '../../etc/passwd', '00000000-0000-4000-8000-000000000000'])
      expect(seal.open(id)).toBeUndefined();
  });

  it('of a revision that this version does not serve is refused', () => {
    const raw = new Seal(key, 'session-id/1', seededRng(6));
    const sealed = (revision: string): string =>
      raw.close(JSON.stringify([revision, {}, facts.info, '', 'ada', 'n', facts.expiresAt]));
    expect(seal.open(sealed('2025-03-26'))).toBeDefined();
    expect(seal.open(sealed('2031-01-01'))).toBeUndefined();
  });
});
