import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownSchema } from './known-schema.js';
import { KNOWN_SCHEMAS } from './known-schemas.js';
import { deserialise, serialise } from './serialiser.js';

const schema = new KnownSchema<{ name: string; at: number; on: boolean; tags: string[] }>(200, 'Thing', {
  name: 'string',
  at: 'number',
  on: 'boolean',
  tags: 'strings',
});
const text = fc.string({ unit: 'grapheme' });

describe('P11: Protobuf with a known schema', () => {
  it('a value that fits comes back as it was', () => {
    const thing = fc.record(
      { name: text, at: fc.double(), on: fc.boolean(), tags: fc.array(text) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(thing, (value) => {
        expect(schema.fits(value)).toBe(true);
        expect(schema.decode(Buffer.from(schema.encode(value)))).toStrictEqual(value);
      }),
    );
  });

  const value = { name: 'a', at: 1, on: true, tags: ['b'] };
  it.each([
    ['a member more', { ...value, more: 1 }],
    ['a member less', { name: 'a', at: 1, on: true }],
    ['another member', { name: 'a', at: 1, on: true, other: [] }],
    ['a member of another kind', { ...value, at: '1' }],
    ['a list of others', { ...value, tags: [1] }],
    ['half a surrogate pair', { ...value, name: '\ud800' }],
    ['no object', null],
    ['a list', [value]],
  ])('%s does not fit, and is written in another format', (_name, other) => {
    expect(schema.fits(other)).toBe(false);
    const { format, bytes } = serialise(other, schema);
    expect(format).toBe('json');
    expect(deserialise(format, bytes)).toEqual(other);
  });

  it('a value says which schema it was written with', () => {
    const meta = { id: 'i', type: 'resource', space: 's', scope: 'public', owner: '', tags: ['t'], born: 1, freshUntil: 2, staleUntil: 3, errorUntil: 4 }; // prettier-ignore
    const { format, bytes } = serialise(meta, KNOWN_SCHEMAS[0]);
    expect([format, bytes[0]]).toEqual(['protobuf', 1]);
    expect(deserialise(format, bytes)).toStrictEqual(meta);
    expect(() => deserialise('protobuf', serialise(value, schema).bytes)).toThrow('an unknown schema');
  });

  it('every schema has a number of its own', () => {
    const numbers = KNOWN_SCHEMAS.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => Number.isInteger(number) && number > 0 && number < 256)).toBe(true);
  });
});
