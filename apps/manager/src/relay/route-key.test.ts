import { IDEMPOTENCY_KEY, NO_CACHE_META_KEY } from '@mcp-cluster/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_KEYED_BYTES, RouteKeys } from './route-key.js';

const keys = new RouteKeys({
  scopeOf: (tool) => (tool === 'own' ? 'private' : tool.startsWith('cached') ? 'public' : undefined),
});
const call = (tool: string, more: Record<string, string> = {}) => ({
  'mcp-method': 'tools/call',
  'mcp-name': tool,
  ...more,
});
const body = (params: unknown): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }));
const keyOf = (tool: string, params: object, headers = {}): number | undefined =>
  keys.of(call(tool, headers), body({ name: tool, ...params }));

describe('P06: keys of cacheable requests', () => {
  it('P06: the URI of a resource, whatever is in the body', () => {
    const read = (uri: string) => keys.of({ 'mcp-method': 'resources/read', 'mcp-name': uri }, Buffer.from('{'));
    expect(read('a://b')).toBe(read('a://b'));
    expect(new Set(['a://b', 'a://c', 'cached'].map(read)).size).toBe(3);
    expect(read('cached')).not.toBe(keyOf('cached', {}));
  });

  it('P06: a tool and its arguments, in whatever order they are written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), (given) => {
        const turned = Object.fromEntries(Object.entries(given).reverse());
        const key = keyOf('cached', { arguments: given });
        expect(key).toBeTypeOf('number');
        expect(keyOf('cached', { arguments: turned, _meta: { progressToken: 5 } })).toBe(key);
        expect(keyOf('cached_too', { arguments: given })).not.toBe(key);
        expect(keyOf('cached', { arguments: { ...given, other: 'one more' } })).not.toBe(key);
      }),
    );
    expect(keyOf('cached', {})).toBe(keyOf('cached', { arguments: {} }));
  });

  it('P06: who asks, where everybody has results of his own', () => {
    const [mine, his] = [{ authorization: 'Bearer a' }, { authorization: 'Bearer b' }];
    expect(keyOf('own', {}, mine)).toBe(keyOf('own', {}, mine));
    expect(keyOf('own', {}, mine)).not.toBe(keyOf('own', {}, his));
    expect(keyOf('cached', {}, mine)).toBe(keyOf('cached', {}, his));
  });

  it.each([
    ['a tool whose results are not kept', call('write'), body({ name: 'write' })],
    ['another method', { 'mcp-method': 'prompts/get', 'mcp-name': 'cached' }, body({})],
    ['no method', {}, body({})],
    ['a resource without a name', { 'mcp-method': 'resources/read' }, body({})],
    ['a call without a name', { 'mcp-method': 'tools/call' }, body({ name: 'cached' })],
    ['a call without a body', call('cached'), null],
    ['no JSON', call('cached'), Buffer.from('{')],
    ['a batch', call('cached'), Buffer.from('[]')],
    ['no parameters', call('cached'), body(undefined)],
    ['an idempotency key', call('cached'), body({ _meta: { [IDEMPOTENCY_KEY]: 'k' } })],
    ['a wish for a new answer', call('cached'), body({ _meta: { [NO_CACHE_META_KEY]: true } })],
    ['answers of the user', call('cached'), body({ inputResponses: {} })],
    ['a round that goes on', call('cached'), body({ requestState: 's' })],
    ['more bytes than are read', call('cached'), body({ arguments: { a: 'x'.repeat(MAX_KEYED_BYTES) } })],
  ])('P06: none for %s', (_what, headers, given) => {
    expect(keys.of(headers, given)).toBeUndefined();
  });
});
