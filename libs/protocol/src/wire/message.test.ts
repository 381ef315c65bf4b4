import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from './errors.js';
import { errorMessage, MessageError, notificationMessage, readMessage, resultMessage } from './message.js';

function refused(value: unknown): MessageError {
  try {
    readMessage(value);
  } catch (thrown) {
    if (thrown instanceof MessageError) return thrown;
    throw thrown;
  }
  throw new Error(`taken: ${JSON.stringify(value)}`);
}

const V = { jsonrpc: '2.0' };

describe('readMessage takes', () => {
  it.each([
    [
      { ...V, id: 1, method: 'ping' },
      { kind: 'request', id: 1, method: 'ping', params: {} },
    ],
    [
      { ...V, id: 'a', method: 'm', params: { x: 1 } },
      { kind: 'request', id: 'a', method: 'm', params: { x: 1 } },
    ],
    [
      { ...V, id: '', method: 'm' },
      { kind: 'request', id: '', method: 'm', params: {} },
    ],
    [
      { ...V, id: 0, method: 'm', params: null },
      { kind: 'request', id: 0, method: 'm', params: {} },
    ],
    [
      { ...V, id: -1, method: 'm' },
      { kind: 'request', id: -1, method: 'm', params: {} },
    ],
    [
      { ...V, method: 'n', extra: 1 },
      { kind: 'notification', method: 'n', params: {} },
    ],
    [
      { ...V, id: 1, result: {} },
      { kind: 'response', id: 1, result: {} },
    ],
    [
      { ...V, id: 1, result: null },
      { kind: 'response', id: 1, result: null },
    ],
    [
      { ...V, id: 1, error: { code: -1, message: 'no', data: 7 } },
      { kind: 'response', id: 1, error: { code: -1, message: 'no', data: 7 } },
    ],
  ])('%j', (value, message) => {
    expect(readMessage(value)).toEqual(message);
  });
});

describe('readMessage refuses', () => {
  it.each<[unknown, number, string | number | undefined, string]>([
    [null, -32600, undefined, 'expected a JSON object, got null'],
    [7, -32600, undefined, 'expected a JSON object, got 7'],
    ['text', -32600, undefined, 'expected a JSON object, got "text"'],
    [[], -32600, undefined, 'expected a JSON object, got an array of 0'],
    [{}, -32600, undefined, 'jsonrpc: expected "2.0", got nothing'],
    [{ id: 1, method: 'm' }, -32600, 1, 'jsonrpc: expected "2.0", got nothing'],
    [{ jsonrpc: '1.0', id: 1, method: 'm' }, -32600, 1, 'got "1.0"'],
    [{ jsonrpc: 2, id: 'a', method: 'm' }, -32600, 'a', 'got 2'],
    [{ ...V, id: 1, method: 7 }, -32600, 1, 'method: expected a string, got 7'],
    [{ ...V, id: 1, method: null }, -32600, 1, 'method: expected a string'],
    [{ ...V, id: 1, method: {} }, -32600, 1, 'method: expected a string, got an object'],
    [{ ...V, id: null, method: 'm' }, -32600, undefined, 'id: expected a string or an integer, got null'],
    [{ ...V, id: 1.5, method: 'm' }, -32600, undefined, 'got 1.5'],
    [{ ...V, id: 2 ** 53, method: 'm' }, -32600, undefined, 'id: expected'],
    [{ ...V, id: true, method: 'm' }, -32600, undefined, 'got true'],
    [{ ...V, id: {}, method: 'm' }, -32600, undefined, 'got an object'],
    [{ ...V, id: [1], method: 'm' }, -32600, undefined, 'got an array of 1'],
    [{ ...V, id: 1, method: 'm', params: [1] }, -32602, 1, 'params: expected an object, got an array of 1'],
    [{ ...V, id: 1, method: 'm', params: 'x' }, -32602, 1, 'params: expected an object'],
    [{ ...V, method: 'm', params: 0 }, -32602, undefined, 'params: expected an object, got 0'],
    [{ ...V, id: 1 }, -32600, 1, 'expected a method, a result or an error'],
    [{ ...V, result: {} }, -32600, undefined, 'id: a response needs'],
    [{ ...V, id: null, error: { code: 1, message: '' } }, -32600, undefined, 'id: a response needs'],
    [{ ...V, id: 1, error: 'no' }, -32600, 1, 'error: expected'],
    [{ ...V, id: 1, error: { code: '1', message: '' } }, -32600, 1, 'error: expected'],
    [{ ...V, id: 1, error: { code: 1 } }, -32600, 1, 'error: expected'],
  ])('%j with %d for the id %j', (value, code, id, detail) => {
    const error = refused(value);
    expect(error.wire).toMatchObject({ code, origin: 'gate' });
    expect(error.id).toBe(id);
    expect(error.message).toContain(detail);
  });

  it('whatever JSON comes, with a MessageError and nothing else', () => {
    const part = fc.oneof(fc.jsonValue(), fc.constant('2.0'));
    const envelope = fc.record(
      { jsonrpc: part, id: part, method: part, params: part, result: part, error: part },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(envelope, fc.jsonValue()), (value) => {
        try {
          expect(['request', 'notification', 'response']).toContain(readMessage(value).kind);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(MessageError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('with a short message, however long the value', () => {
    expect(refused({ ...V, id: 1, method: 'm', params: 'x'.repeat(100_000) }).message.length).toBeLessThan(200);
  });
});

describe('messages that are written', () => {
  it('are JSON-RPC, with the id as it came', () => {
    for (const id of [7, 'a"b\\', '', -1]) {
      expect(JSON.parse(resultMessage(id, '{"a":1}'))).toEqual({ jsonrpc: '2.0', id, result: { a: 1 } });
      expect(JSON.parse(errorMessage(id, new WireError(-1, 'no')))).toEqual({
        jsonrpc: '2.0',
        id,
        error: { code: -1, message: 'no' },
      });
    }
  });

  it('have a null id where none could be read, and data only where there is some', () => {
    const error = new WireError(-1, 'no', { a: 1 });
    expect(JSON.parse(errorMessage(undefined, error))).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -1, message: 'no', data: { a: 1 } },
    });
  });

  it('leave out params that there are none of', () => {
    expect(JSON.parse(notificationMessage('n'))).toEqual({ jsonrpc: '2.0', method: 'n' });
    expect(JSON.parse(notificationMessage('n', { a: 1 }))).toEqual({ jsonrpc: '2.0', method: 'n', params: { a: 1 } });
  });
});
