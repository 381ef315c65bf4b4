import { IDEMPOTENCY_KEY } from '@mcp-cluster/protocol';
import { describe, expect, it } from 'vitest';
import { readRequest } from './read-request.js';
import { isRepeatable, isRepeatableTool } from './repeatable.policy.js';

const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const request = (method: string, params: object = {}, id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const call = (meta: object = {}): object => request('tools/call', { name: 'write', _meta: meta });

describe('which requests may be sent twice', () => {
  it.each(['ping', 'initialize', 'tools/list', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'])(
    '%s may',
    (method) => {
      expect(readRequest(body(request(method)), false)).toMatchObject({ ids: [1], repeatable: true, tools: [] });
    },
  );

  it('S13: polling, answering and cancelling a task may', () => {
    expect(['tasks/get', 'tasks/update', 'tasks/cancel'].every(isRepeatable)).toBe(true);
    // Methods of 2025-11-25, which this server does not serve: nothing is known of them.
    expect(['tasks/list', 'tasks/result', 'tools/List', ''].some(isRepeatable)).toBe(false);
  });

  it('a call depends on its tool', () => {
    expect(readRequest(body(call()), true)).toMatchObject({ repeatable: true, tools: ['write'] });
    expect(readRequest(body(request('tools/call', {})), true).repeatable).toBe(false);
    expect([{ readOnlyHint: true }, { idempotentHint: true }].every(isRepeatableTool)).toBe(true);
    expect([undefined, {}, { readOnlyHint: 'true' }, { readOnlyHint: false }].some(isRepeatableTool)).toBe(false);
  });

  it('an idempotency key makes it repeatable where the nodes share their ledger, and only there', () => {
    const keyed = body(call({ [IDEMPOTENCY_KEY]: 'k' }));
    expect(readRequest(keyed, true)).toMatchObject({ repeatable: true, tools: [] });
    expect(readRequest(keyed, false).tools).toEqual(['write']);
    expect(readRequest(body(call({ [IDEMPOTENCY_KEY]: 7 })), true).tools).toEqual(['write']);
  });

  it('notifications and answers of a client may; GET and DELETE too', () => {
    for (const message of [
      { jsonrpc: '2.0', method: 'notifications/cancelled' },
      { jsonrpc: '2.0', id: 1, result: {} },
    ])
      expect(readRequest(body(message), false)).toMatchObject({ ids: [], repeatable: true });
    expect(readRequest(null, false).repeatable).toBe(true);
  });

  it.each(['not JSON', '7', '[7]', '{"id":1,"method":"made/up"}'])('%s may not', (text) => {
    expect(readRequest(Buffer.from(text), false).repeatable).toBe(false);
  });

  it('a batch if each member may, and if there is no more than one progress to tell of', () => {
    const batch = [request('ping', {}, 'a'), call(), { jsonrpc: '2.0', method: 'notifications/initialized' }];
    expect(readRequest(body(batch), false)).toMatchObject({
      batch: true,
      ids: ['a', 1],
      repeatable: true,
      tools: ['write'],
    });
    expect(readRequest(body([...batch, request('made/up')]), false).repeatable).toBe(false);
    const tokens = [call({ progressToken: 1 }), call({ progressToken: 2 })];
    expect(readRequest(body(tokens), false).repeatable).toBe(false);
    expect(readRequest(body(tokens.slice(0, 1)), false)).toMatchObject({ repeatable: true, progressToken: 1 });
  });
});
