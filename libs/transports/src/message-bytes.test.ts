import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, MAX_ELEMENTS, parseMessage } from './message-bytes.js';

/** The code with which a body is refused, or undefined. */
function refusal(body: string | Buffer): number | undefined {
  try {
    parseMessage(Buffer.from(body as string));
  } catch (thrown) {
    return (thrown as { code: number }).code;
  }
  return undefined;
}

/** Depth and values of a parsed value, counted as its tree says and not as its text does. */
function measure(value: unknown): { depth: number; values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 0 };
  const parts = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
    // One for the container, one for each part after the first: what the text shows as brackets and commas.
    values: 1 + Math.max(0, parts.length - 1) + parts.reduce((sum, part) => sum + part.values, 0),
  };
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('depth', () => {
  it.each([1, MAX_DEPTH])('%s levels are taken', (depth) => {
    expect(refusal(nested(depth))).toBeUndefined();
  });

  it.each([MAX_DEPTH + 1, 100_000])('%s levels are -32600', (depth) => {
    expect(refusal(nested(depth))).toBe(-32600);
    expect(refusal(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)).toBe(-32600);
  });

  it('what was closed does not count, nor brackets in strings', () => {
    expect(refusal(`[${Array(1_000).fill('[[]]').join(',')}]`)).toBeUndefined();
    expect(refusal(JSON.stringify(['['.repeat(1_000), { '{{{"': '{'.repeat(1_000) }]))).toBeUndefined();
  });
});

describe('values', () => {
  it(`${String(MAX_ELEMENTS)} are taken, one more is -32602`, () => {
    // The brackets are one, each comma another.
    expect(refusal(`[${'1,'.repeat(MAX_ELEMENTS - 1)}1]`)).toBeUndefined();
    expect(refusal(`[${'1,'.repeat(MAX_ELEMENTS)}1]`)).toBe(-32602);
  });

  it('a million are -32602, also as empty objects and as members', () => {
    expect(refusal(`[${'1,'.repeat(1_000_000)}1]`)).toBe(-32602);
    expect(refusal(`[${'{},'.repeat(500_000)}{}]`)).toBe(-32602);
    expect(refusal(`{${Array.from({ length: 200_000 }, (_, index) => `"${String(index)}":0`).join(',')}}`)).toBe(
      -32602,
    );
  });

  it('commas in strings do not count', () => {
    expect(refusal(JSON.stringify([','.repeat(200_000), '",'.repeat(200_000)]))).toBeUndefined();
  });
});

describe('text', () => {
  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['half an object', '{"a":1'],
    ['two values', '{} {}'],
    ['a string that does not end', '"abc'],
    ['a string that ends in a backslash', '"abc\\'],
    ['a byte order mark', '\uFEFF{}'],
    ['a bracket too many', '[]]'],
    ['single quotes', "{'a':1}"],
  ])('%s is -32700', (_case, text) => {
    expect(refusal(text)).toBe(-32700);
  });

  it.each([
    ['a lone byte', [0x22, 0xff, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82, 0x22]],
  ])('%s that is not UTF-8 is -32700', (_case, bytes) => {
    expect(refusal(Buffer.from(bytes))).toBe(-32700);
  });

  it('UTF-8 of any length is read as it is', () => {
    expect(parseMessage(Buffer.from('{"a":"é€😀"}'))).toEqual({ a: 'é€😀' });
  });
});

/** Strings of what could mislead a reader that skips them. */
const tricky = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', 'a', 'é', '\n', '\u2028') });
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'large', maxDepth: 90 },
    fc.oneof(tricky, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(tricky, tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
})).value;
/** Around the limit of the depth, which random trees seldom reach. */
const deep = fc
  .tuple(json, fc.array(fc.boolean(), { minLength: MAX_DEPTH - 8, maxLength: MAX_DEPTH + 2 }))
  .map(([inner, shells]) => shells.reduce<unknown>((value, array) => (array ? [value] : { 'a"\\': value }), inner));

it('whatever is sent, what is too deep is refused and what is not is read as it is', () => {
  let refused = 0;
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(json, deep), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      if (measure(value).depth > MAX_DEPTH) {
        refused += 1;
        expect(refusal(text)).toBe(-32600);
      } else {
        taken += 1;
        expect(parseMessage(Buffer.from(text))).toEqual(JSON.parse(text));
      }
    }),
    { numRuns: 500 },
  );
  expect(Math.min(refused, taken)).toBeGreaterThan(20); // both sides were tried
});

it('whatever strings are among them, values are counted as the tree has them', () => {
  fc.assert(
    fc.property(fc.array(tricky, { minLength: 1, maxLength: 20 }), fc.integer({ min: -3, max: 3 }), (strings, off) => {
      // As many numbers as bring the whole to the limit, and `off` more or fewer.
      const counted = measure([strings, 0]).values;
      const value = [strings, ...Array<number>(MAX_ELEMENTS - counted + 1 + off).fill(0)];
      expect(measure(value).values).toBe(MAX_ELEMENTS + off);
      expect(refusal(JSON.stringify(value))).toBe(off > 0 ? -32602 : undefined);
    }),
    { numRuns: 30 },
  );
});
