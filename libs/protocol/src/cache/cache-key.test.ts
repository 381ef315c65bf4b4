import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../exchange/context.js';
import { KeySpace } from './cache-key.js';
import { canonicalJson } from './canonical-json.js';

const principal = fc.record({ issuer: fc.string({ maxLength: 5 }), subject: fc.string({ maxLength: 5 }) });

/** Its members, at every depth, in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  const made: Record<string, unknown> = {};
  for (const [name, member] of entries)
    Object.defineProperty(made, name, { value: turned(member), enumerable: true, configurable: true, writable: true });
  return made;
}

/** What JSON makes of it: -0 is 0. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('canonicalJson', () => {
  it('P06: is the same for members in any order, and the same only for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(canonicalJson(turned(one))).toBe(canonicalJson(one));
        expect(canonicalJson(one) === canonicalJson(other)).toBe(isDeepStrictEqual(normal(one), normal(other)));
      }),
    );
  });

  it.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [[undefined], [null], true],
    [-0, 0, true],
    [new Date(5), { $date: '5' }, false],
    [new Date(5), new Date(6), false],
    [5n, 5, false],
    [5n, { $bigint: '5' }, false],
    [Number.NaN, null, false],
    ['1', 1, false],
    [{ '': 1 }, {}, false],
    [[1, [2]], [[1], 2], false],
    [{ a: { b: 1 } }, { 'a.b': 1 }, false],
    [JSON.parse('{"__proto__":1}'), {}, false],
  ])('pair %#', (one, other, same) => {
    expect(canonicalJson(one) === canonicalJson(other)).toBe(same);
    expect(canonicalJson(one)).toBeDefined();
  });

  it.each([[() => 1], [Symbol('s')], [new Map()], [/r/], [[new Set()]], [{ deep: { very: new Error('e') } }]])(
    'has no text for %s',
    (value) => {
      expect(canonicalJson(value)).toBeUndefined();
    },
  );

  it('ends on a cycle and on endless depth', () => {
    const cycle: Record<string, unknown> = {};
    cycle['again'] = cycle;
    expect(canonicalJson(cycle)).toBeUndefined();
  });
});

describe('KeySpace', () => {
  it('S7: two principals, two arguments or two spaces never share a private key', () => {
    const spaces = [
      new KeySpace('tool_result', 'a', 'private', '1'),
      new KeySpace('tool_result', 'b', 'private', '1'),
      new KeySpace('tool_result', 'a', 'private', '2'),
      new KeySpace('resource', 'a', 'private', '1'),
      new KeySpace('tool_result', 'a', 'public', '1'),
    ];
    const call = fc.tuple(fc.nat(spaces.length - 1), fc.string({ maxLength: 4 }), principal);
    fc.assert(
      fc.property(call, call, ([at, text, who], [otherAt, otherText, other]) => {
        const one = spaces[at]!.key(text, who);
        const two = spaces[otherAt]!.key(otherText, other);
        const sameWho = one.scope === 'public' || (who.issuer === other.issuer && who.subject === other.subject);
        expect(one.id === two.id).toBe(at === otherAt && text === otherText && sameWho);
        if (one.scope === 'private' && two.scope === 'private' && !sameWho) expect(one.owner).not.toBe(two.owner);
      }),
    );
  });

  it('S7: parts do not run into each other', () => {
    const space = new KeySpace('tool_result', 'a', 'private', '1');
    const one = space.key('x', { issuer: 'a', subject: 'b' });
    expect(space.key('x', { issuer: 'ab', subject: '' }).id).not.toBe(one.id);
    expect(new KeySpace('tool_result', 'a', 'private', '').key('1', ANONYMOUS).id).not.toBe(
      new KeySpace('tool_result', 'a', 'private', '1').key('', ANONYMOUS).id,
    );
  });

  it('P2: nothing of the arguments, the principal or a tag is in it', () => {
    const space = new KeySpace('tool_result', 'tool', 'private', '1', ['customer-4711']);
    const key = space.key('{"ssn":"078-05-1120"}', { issuer: 'https://id.example', subject: 'ada' });
    expect(JSON.stringify(key)).not.toMatch(/4711|078|example|ada/);
    expect([key.id.length, key.owner.length]).toEqual([43, 22]);
  });
});
