import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';
import {
  beginSession,
  collect,
  echo,
  events,
  inSession,
  messages,
  stateless,
  type RpcMessage,
} from '../support/raw-http.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

const call = (params: object, progressToken?: string) => ({
  id: 7,
  method: 'tools/call',
  params: { ...params, ...(progressToken === undefined ? {} : { _meta: { progressToken } }) },
});
const ECHO = { name: 'echo', arguments: { text: 'hi', delayMs: 450 } };

/** The same call in both eras. */
const ERAS = [
  {
    era: '2026-07-28',
    post: (progressToken?: string) =>
      Promise.resolve(echo('hi', 450, { id: 7, ...(progressToken === undefined ? {} : { progressToken }) })),
  },
  {
    era: '2025-11-25',
    post: async (progressToken?: string) => inSession(await beginSession(cluster.url), call(ECHO, progressToken)),
  },
];

describe.each(ERAS)('one endpoint, $era, through the manager', ({ post }) => {
  it('S02, S04: without a progress token the answer is one JSON body and nothing before it', async () => {
    const response = await fetch(cluster.url, await post());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({ id: 7, result: { content: [{ type: 'text', text: 'hi' }] } });
  });

  it('S02, S03, S06: with one it is an event stream: rising progress with the token, then the result, then the end', async () => {
    const response = await fetch(cluster.url, await post('my-token'));
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const got = await messages(response);
    expect(got.at(-1)).toMatchObject({ id: 7, result: { content: [{ type: 'text', text: 'hi' }] } });
    const progress = got.slice(0, -1);
    expect(progress.length).toBeGreaterThanOrEqual(3);
    for (const { method, params } of progress)
      expect({ method, token: params?.['progressToken'] }).toEqual({
        method: 'notifications/progress',
        token: 'my-token',
      });
    expectRisingTo(
      450,
      progress.map(({ params }) => params as unknown as SeenProgress),
    );
  });
});

describe('through the manager', () => {
  it('S02: progress comes while the call runs, not all at once at its end', async () => {
    const response = await fetch(cluster.url, echo('slow', 60_000, { progressToken: 1 }));
    const stream = events(response);
    const first = await stream.next();
    expect(first.value).toMatchObject({ method: 'notifications/progress' });
    // The call has 59 seconds to go; leaving the loop closes the stream.
    expect(await cluster.inFlight()).toBe(1);
    await stream.return(undefined);
    await cluster.running(0);
  });

  it('S05: a tool that reports faster than five times a second is throttled, and the last value is flushed', async () => {
    const rows = 100_000;
    const params = { name: 'run_analysis', arguments: { rows, chunkSize: 1 } };
    const response = await fetch(cluster.url, stateless('tools/call', params, { progressToken: 1 }));
    const got = await messages(response);
    const result = got.at(-1)?.result as { structuredContent: { metadata: { processingTime: number } } } | undefined;
    const windows = (result?.structuredContent.metadata.processingTime ?? 0) / 200;
    // One at the start of each window of 200 ms, one at the end.
    expect(got.length - 1).toBeLessThanOrEqual(Math.ceil(windows) + 2);
    expectRisingTo(
      rows,
      got.slice(0, -1).map(({ params: sent }) => sent as unknown as SeenProgress),
    );
  });

  it('S02: GET and DELETE belong to the sessions of 2025; 2026-07-28 has neither', async () => {
    for (const method of ['GET', 'DELETE']) {
      const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28' };
      const response = await fetch(cluster.url, { method, headers });
      expect({ method, status: response.status }).toEqual({ method, status: 405 });
      await response.body?.cancel();
    }
    const session = await beginSession(cluster.url);
    const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
    const stream = await fetch(cluster.url, { headers });
    expect(stream.status).toBe(200);
    // S3 of the security list: a second stream is refused, the first goes on.
    const second = await fetch(cluster.url, { headers });
    expect(second.status).toBe(409);
    await second.body?.cancel();
    const ended = await fetch(cluster.url, { method: 'DELETE', headers });
    expect(ended.status).toBe(200);
    expect(await collect(events(stream))).toEqual([]);
  });

  it('errors of nodes reach the client with their status and code', async () => {
    const cases: [RequestInit, number, number][] = [
      [stateless('no/such'), 404, -32601],
      [stateless('tools/list', {}, { headers: { 'mcp-method': 'tools/call' } }), 400, -32020],
      [stateless('tools/list', {}, { headers: { 'mcp-protocol-version': '2099-01-01' } }), 400, -32020],
      [inSession('forged', { id: 1, method: 'ping' }), 404, -32600],
      [{ ...stateless('tools/list'), body: '{"jsonrpc":' }, 400, -32700],
    ];
    for (const [request, status, code] of cases) {
      const response = await fetch(cluster.url, request);
      const { error } = (await response.json()) as RpcMessage;
      expect({ status: response.status, code: error?.code, message: error?.message }).toMatchObject({ status, code });
    }
  });

  it('a foreign Host or Origin is refused at the door', async () => {
    const response = await fetch(cluster.url, echo('x', 0, { headers: { origin: 'http://evil.example' } }));
    expect(response.status).toBe(403);
  });
});
