import { describe, expect, it } from 'vitest';
import { isAnswer } from './lookup-client.ts';

describe('experiment 19: the answer of a lookup', () => {
  const text = 'key-1 4711.3 '.padEnd(60, 'x');

  it('is one that begins with its key and has its length', () => {
    expect(isAnswer(text, 'key-1', 60)).toBe(true);
    expect(isAnswer('key-1 4711.3 ', 'key-1', undefined)).toBe(true);
  });

  it.each([
    ['another key', text.replace('key-1', 'key-2'), 'key-1', 60],
    ['a key that begins alike', text.replace('key-1', 'key-11'), 'key-1', undefined],
    ['one that is cut off', text.slice(0, 40), 'key-1', 60],
    ['a flipped bit in the body', `${text.slice(0, 30)}y${text.slice(31)}`, 'key-1', 60],
    ['a flipped bit in the number', text.replace('4711', '47q1'), 'key-1', 60],
    ['something behind it', `${text} more`, 'key-1', undefined],
  ])('is not %s', (_what, given, key, bytes) => {
    expect(isAnswer(given, key, bytes)).toBe(false);
  });
});
