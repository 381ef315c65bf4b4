import { describe, expect, it } from 'vitest';
import { repeatErrand, resumeErrand } from './splice-errands.js';

const headers = [
  ['x-request-id', 'r1'],
  ['accept', 'application/json, text/event-stream'],
  ['content-type', 'application/json'],
  ['mcp-session-id', 's'],
  ['mcp-protocol-version', '2025-11-25'],
  ['mcp-method', 'tools/call'],
  ['mcp-param-task-id', 't'],
  ['authorization', 'Bearer x'],
].flat();
const request = { path: '/mcp', method: 'POST', headers, body: Buffer.from('{}'), requestId: 'r1' };

describe('what a second node is asked for', () => {
  it('S16: the rest of a stream: the client’s own headers, without those of its POST', () => {
    expect(resumeErrand(request, 's.1.7')).toEqual({
      way: 'resume',
      path: '/mcp',
      method: 'GET',
      body: null,
      headers: [
        ['accept', 'text/event-stream'],
        ['x-request-id', 'r1'],
        ['mcp-session-id', 's'],
        ['mcp-protocol-version', '2025-11-25'],
        ['authorization', 'Bearer x'],
        ['last-event-id', 's.1.7'],
      ].flat(),
    });
  });

  it('a stream that said no place keeps the one that its client said', () => {
    const get = { ...request, method: 'GET', headers: ['last-event-id', 's.1.2', 'mcp-session-id', 's'] };
    expect(resumeErrand(get, undefined).headers).toEqual(['accept', 'text/event-stream', ...get.headers]);
    expect(resumeErrand(get, 's.1.3').headers.join(' ')).toBe(
      'accept text/event-stream mcp-session-id s last-event-id s.1.3',
    );
  });

  it('the same request, with the pass', () => {
    const errand = repeatErrand(request, 'x-internal-splice', 'sealed');
    expect(errand).toEqual({
      ...request,
      requestId: undefined,
      way: 'repeat',
      headers: [...headers, 'x-internal-splice', 'sealed'],
    });
    expect(request.headers).toHaveLength(16);
  });
});
