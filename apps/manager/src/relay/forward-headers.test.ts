import { describe, expect, it } from 'vitest';
import { requestHeaders, responseHeaders } from './forward-headers.js';

function asMap(pairs: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (let at = 0; at < pairs.length; at += 2) map[pairs[at] ?? ''] = pairs[at + 1] ?? '';
  return map;
}

describe('headers that go to the node', () => {
  it('carry the protocol’s headers and the door’s own', () => {
    const sent = asMap(
      requestHeaders(
        {
          host: 'door:3000',
          'mcp-method': 'tools/call',
          'content-type': 'application/json',
          authorization: 'Bearer t',
        },
        'req-1',
        '10.0.0.9',
      ),
    );
    expect(sent).toEqual({
      'x-request-id': 'req-1',
      'x-forwarded-for': '10.0.0.9',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'door:3000',
      'mcp-method': 'tools/call',
      'content-type': 'application/json',
      authorization: 'Bearer t',
    });
  });

  it('T4: nothing internal from outside gets through', () => {
    const sent = asMap(
      requestHeaders(
        {
          'x-internal-principal': 'root',
          'x-forwarded-for': '1.1.1.1',
          'x-forwarded-user': 'root',
          forwarded: 'for=1.1.1.1',
          'x-request-id': 'theirs',
          'x-custom': 'stays',
        },
        'ours',
        '10.0.0.9',
      ),
    );
    expect(sent).toEqual({
      'x-request-id': 'ours',
      'x-forwarded-for': '10.0.0.9',
      'x-forwarded-proto': 'http',
      'x-custom': 'stays',
    });
  });

  it('drop hop-by-hop headers, also those that Connection names', () => {
    const sent = asMap(
      requestHeaders(
        {
          connection: 'keep-alive, X-Mine',
          'x-mine': '1',
          'transfer-encoding': 'chunked',
          te: 'trailers',
          upgrade: 'h2c',
          'content-length': '5',
          expect: '100-continue',
        },
        'r',
        undefined,
      ),
    );
    expect(sent).toEqual({ 'x-request-id': 'r', 'x-forwarded-proto': 'http' });
  });
});

describe('headers that go to the client', () => {
  it('are the node’s but for the hop’s, with one request id', () => {
    const sent = responseHeaders(
      {
        'content-type': 'text/event-stream',
        'mcp-session-id': 's',
        'x-accel-buffering': 'no',
        'set-cookie': ['a=1', 'b=2'],
        connection: 'keep-alive',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        'x-request-id': 'req-1',
        'x-internal-cursor': '7',
      },
      'req-1',
    );
    expect(sent).toEqual([
      'x-request-id', 'req-1',
      'content-type', 'text/event-stream',
      'mcp-session-id', 's',
      'x-accel-buffering', 'no',
      'set-cookie', 'a=1',
      'set-cookie', 'b=2',
    ]); // prettier-ignore
  });
});
