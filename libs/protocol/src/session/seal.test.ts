import { LocalError, seededRng, systemRng } from '@mcp-cluster/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterKey, MIN_KEY_BYTES, Seal } from './seal.js';

const key = ClusterKey.from('x'.repeat(MIN_KEY_BYTES));
const seal = new Seal(key, 'test/1', systemRng);

describe('ClusterKey', () => {
  it('refuses a secret that is too short, and says how long it was', () => {
    expect(() => ClusterKey.from('x'.repeat(31))).toThrow(LocalError);
    expect(() => ClusterKey.from('x'.repeat(31))).toThrow('at least 32 bytes, got 31');
    expect(() => ClusterKey.from('ü'.repeat(16))).not.toThrow(); // 32 bytes
  });

  it('derives the same key for the same purpose, another for another, never the secret', () => {
    const again = ClusterKey.from('x'.repeat(MIN_KEY_BYTES));
    expect(key.derive('a')).toEqual(again.derive('a'));
    expect(key.derive('a')).not.toEqual(key.derive('b'));
    expect(key.derive('a').toString()).not.toContain('xxx');
  });

  it('a random one opens nothing of another random one', () => {
    const [one, two] = [1, 2].map((seed) => new Seal(ClusterKey.random(seededRng(seed)), 'p', systemRng));
    expect(two!.open(one!.close('text'))).toBeUndefined();
  });
});

describe('Seal', () => {
  it('opens what it closed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(seal.open(seal.close(text))).toBe(text.toWellFormed());
      }),
    );
  });

  it('never gives the same value twice, nor the text in it', () => {
    expect(seal.close('the text')).not.toBe(seal.close('the text'));
    expect(Buffer.from(seal.close('the text'), 'base64url').toString('latin1')).not.toContain('text');
  });

  it('refuses a value of which any one bit differs', () => {
    const bytes = Buffer.from(seal.close('initialize'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(seal.open(altered.toString('base64url')), `bit ${bit}`).toBeUndefined();
    }
  });

  it('refuses any other value, also one that base64url decodes to the same bytes', () => {
    const value = seal.close('initialize');
    const variants = [
      `${value}=`,
      `${value}==`,
      ` ${value}`,
      `${value}\n`,
      `${value.slice(0, 9)} ${value.slice(9)}`,
      `${value}!`,
    ];
    for (const variant of variants) expect(seal.open(variant), JSON.stringify(variant)).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (other) => {
        expect(seal.open(other)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.nat({ max: value.length - 1 }), fc.string({ maxLength: 4 }), (at, part) => {
        const other = value.slice(0, at) + part + value.slice(at + part.length);
        if (other !== value) expect(seal.open(other)).toBeUndefined();
      }),
    );
  });

  it('refuses a value that was cut or made longer', () => {
    const bytes = Buffer.from(seal.close('initialize'), 'base64url');
    for (let length = 0; length < bytes.length; length += 1)
      expect(seal.open(bytes.subarray(0, length).toString('base64url')), `${length} bytes`).toBeUndefined();
    expect(seal.open(Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'))).toBeUndefined();
  });

  it('refuses a value of another key and of another purpose', () => {
    const value = seal.close('initialize');
    expect(new Seal(ClusterKey.from('y'.repeat(32)), 'test/1', systemRng).open(value)).toBeUndefined();
    expect(new Seal(key, 'test/2', systemRng).open(value)).toBeUndefined();
    expect(new Seal(key, 'test/1', systemRng).open(value)).toBe('initialize');
  });
});
