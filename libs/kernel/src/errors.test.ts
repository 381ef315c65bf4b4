import { describe, expect, it } from 'vitest';
import { asError, errorCode, LocalError } from './errors.js';

describe('LocalError', () => {
  it('keeps its code and its cause', () => {
    const cause = new Error('inner');
    const error = new LocalError('weak_key', 'too short', { cause });
    expect(error).toMatchObject({ name: 'LocalError', code: 'weak_key', message: 'too short', cause });
    expect(errorCode(error)).toBe('weak_key');
  });
});

describe('asError', () => {
  it('leaves an Error as it is', () => {
    const error = new TypeError('x');
    expect(asError(error)).toBe(error);
  });

  it.each([['text'], [7], [null], [undefined], [Symbol('s')]])('wraps %s and keeps it as the cause', (thrown) => {
    const error = asError(thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(String(thrown));
    expect(error.cause).toBe(thrown);
  });
});

describe('errorCode', () => {
  it('reads Node’s codes', () => {
    expect(errorCode(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  });

  it.each([[new Error('none')], [{ code: 7 }], ['ECONNREFUSED'], [null], [undefined]])('finds none in %j', (value) => {
    expect(errorCode(value)).toBeUndefined();
  });
});
