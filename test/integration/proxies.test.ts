import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import {
  connectNewClient,
  connectOldClient,
  http2Call,
  sessionEra,
  statelessEra,
  type Http2Call,
} from '../support/proxy-callers.js';
import { MISSING_PROXIES, PROXY_KINDS, startProxy, type RunningProxy } from '../support/proxy-process.mjs';
import { ProxyUpstream } from '../support/proxy-upstream.js';
import { beginSession, echo, events, inSession, messages, stateless, type RpcMessage } from '../support/raw-http.js';
import { eventually } from '../support/running.mjs';

/** The files' 300 s and the nodes' 15 s, scaled down: the read timeout still is several comments long. */
const READ_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 400;
/** A call that says nothing for longer than the read timeout. */
const QUIET_MS = 4_500;

const inCi = process.env['CI'] === 'true';
if (MISSING_PROXIES.length > 0 && !inCi)
  console.warn(
    `\n!!! SKIPPED: no ${MISSING_PROXIES.join(' and no ')}. \`npm run tools\` installs it; with CI=true this fails.\n`,
  );

it.runIf(inCi)('nginx and HAProxy are there, because CI has to run them', () => {
  expect(MISSING_PROXIES, 'missing proxies: npm run tools').toEqual([]);
});

/** `talking` comments on quiet streams, `silent` in effect never does. */
let talking: Cluster;
let silent: Cluster;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  talking = await startCluster({ nodes: 2, env: { KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) } });
  silent = await startCluster({ nodes: 2, env: { KEEP_ALIVE_MS: '300000' } });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await talking.stop();
  await silent.stop();
});

const oneManager = (cluster: Cluster) => {
  const { host } = new URL(cluster.url);
  return { managers: [host, host] as const, checkPort: Number(new URL(cluster.managementUrl).port) };
};

/** Closes it after the test. */
const untilEnd = <T extends { close(): Promise<unknown> }>(opened: T): T => {
  closers.push(() => opened.close());
  return opened;
};

const CALL = { name: 'echo', arguments: { text: 'at last', delayMs: QUIET_MS } };
const CHANGE = { name: 'test_trigger_tool_change', arguments: {} };
const ANSWER = { content: [{ type: 'text', text: 'at last' }] };

describe.each(PROXY_KINDS.filter((kind) => !MISSING_PROXIES.includes(kind)))('S14: behind %s', (kind) => {
  describe('whose read timeout is shorter than a call', () => {
    /** In front of the cluster that comments and of the one that does not. */
    let kept: RunningProxy;
    let cut: RunningProxy;
    beforeAll(async () => {
      kept = await startProxy(kind, { ...oneManager(talking), readTimeoutMs: READ_TIMEOUT_MS });
      cut = await startProxy(kind, { ...oneManager(silent), readTimeoutMs: READ_TIMEOUT_MS });
    });
    afterAll(async () => {
      await kept.close();
      await cut.close();
    });

    it('a quiet call of a 2026 client gets its answer, and its listener hears of a change afterwards', async () => {
      const client = untilEnd(await connectNewClient(kept.url));
      let heard = 0;
      client.setNotificationHandler('notifications/tools/list_changed', () => {
        heard += 1;
      });
      const subscription = await client.listen({ toolsListChanged: true });
      expect(await client.callTool(CALL)).toMatchObject(ANSWER);
      await client.callTool(CHANGE);
      await eventually('the change is heard', () => (heard === 1 ? true : undefined));
      await subscription.close();
      expect(await subscription.closed, 'the stream lived until now').toBe('local');
    });

    it('a quiet call of a 2025 client gets its answer, and a GET stream tells of a change afterwards', async () => {
      const session = await beginSession(kept.url);
      const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
      const stream = events(await fetch(kept.url, { headers }));
      const next = stream.next().then(
        ({ value }) => value as RpcMessage | undefined,
        (error: unknown) => String(error),
      );
      const client = untilEnd(await connectOldClient(kept.url));
      expect(await client.callTool(CALL)).toMatchObject(ANSWER);
      await client.callTool(CHANGE);
      expect(await next).toMatchObject({ method: 'notifications/tools/list_changed' });
      await stream.return(undefined);
    });

    it('without comments the same call is cut, and a cut cancels a call of 2026-07-28', async () => {
      const response = await fetch(cut.url, echo('never', 60_000));
      expect(response.status).toBe(504);
      await silent.running(0);
    });

    it('without comments the same call is cut, and a cut does not cancel a call of 2025-11-25', async () => {
      const caller = await sessionEra.begin(cut.url);
      const response = await fetch(cut.url, caller.call(60_000));
      expect(response.status).toBe(504);
      expect(await silent.inFlight()).toBe(1);
      await caller.cancel();
      await silent.running(0);
    });

    it('without comments a listener is cut', async () => {
      const client = untilEnd(await connectNewClient(cut.url));
      const subscription = await client.listen({ toolsListChanged: true });
      expect(await subscription.closed).toBe('remote');
    });
  });

  describe('with the settings as they are', () => {
    let proxy: RunningProxy;
    beforeAll(async () => {
      // No comments: nothing but what is tested comes over a connection.
      proxy = await startProxy(kind, oneManager(silent));
    });
    afterAll(() => proxy.close());

    it.each([statelessEra, sessionEra])(
      '$era: events arrive one by one, while the call still runs',
      async ({ begin }) => {
        const caller = await begin(proxy.url);
        const stop = new AbortController();
        const call = caller.call(60_000, { progressToken: 'p', signal: stop.signal });
        const response = await fetch(proxy.url, call);
        expect(response.headers.get('x-accel-buffering')).toBe('no');
        const stream = events(response);
        const seen = [await stream.next(), await stream.next(), await stream.next()];
        expect(seen).toMatchObject(seen.map(() => ({ done: false, value: { method: 'notifications/progress' } })));
        // It has most of its minute to go.
        expect(await silent.inFlight()).toBe(1);
        stop.abort();
        await caller.cancel();
        await silent.running(0);
      },
    );

    it('a single small event is not held back, although nothing follows it', async () => {
      const heard: unknown[] = [];
      const client = untilEnd(await connectNewClient(proxy.url));
      client.setNotificationHandler('notifications/tools/list_changed', ({ method }) => {
        heard.push(method);
      });
      // Resolves with the first event of the stream, its acknowledgement.
      await client.listen({ toolsListChanged: true });
      await fetch(silent.url, stateless('tools/call', CHANGE));
      await eventually('the change is heard', () => (heard.length === 1 ? true : undefined));
    });

    it.each([
      { answer: 'event stream', options: { progressToken: 1 } },
      { answer: 'quiet call', options: {} },
    ])('S16: 2026-07-28: a client that closes its $answer stops the tool', async ({ options }) => {
      const stop = new AbortController();
      const response = fetch(proxy.url, echo('long', 60_000, { ...options, signal: stop.signal }));
      const outcome = expect(response.then((one) => one.text())).rejects.toThrow();
      await silent.running(1);
      stop.abort();
      await outcome;
      await silent.running(0);
    });

    it.each([
      { answer: 'event stream', options: { progressToken: 1 }, begun: (call: Http2Call) => call.first },
      { answer: 'quiet call', options: {}, begun: () => silent.running(1) },
    ])('S16: 2026-07-28: a client that resets its $answer of HTTP/2 stops the tool', async ({ options, begun }) => {
      const call = untilEnd(http2Call(proxy.http2Origin, echo('long', 60_000, options)));
      await begun(call);
      expect(await silent.inFlight()).toBe(1);
      await call.cancel();
      await silent.running(0);
    });

    it('S16: 2025-11-25: a client that goes away does not stop the tool, notifications/cancelled does', async () => {
      const left = async () =>
        (await scrape(silent.managementUrl)).sum('mcp_manager_upstream_requests_total', { outcome: 'cancelled' });
      const before = await left();
      const caller = await sessionEra.begin(proxy.url);
      const stop = new AbortController();
      const stream = events(await fetch(proxy.url, caller.call(60_000, { progressToken: 1, signal: stop.signal })));
      await stream.next();
      stop.abort();
      await eventually('the manager notes that the client left', async () =>
        (await left()) === before + 1 ? true : undefined,
      );
      expect(await silent.inFlight()).toBe(1);
      await caller.cancel();
      await silent.running(0);
    });

    it('S16: a 2025 client whose proxy was started anew in the middle of its call resumes and gets the answer', async () => {
      const first = untilEnd(await startProxy(kind, oneManager(silent)));
      const client = untilEnd(await connectOldClient(first.url));
      let progressed = 0;
      const onprogress = (): unknown => (progressed += 1);
      const call = client.callTool(CALL, undefined, { onprogress });
      await eventually('the first progress', () => (progressed > 0 ? true : undefined));
      await first.close();
      untilEnd(await startProxy(kind, { ...oneManager(silent), port: first.port }));
      expect(await call).toMatchObject(ANSWER);
    });

    it('a session id of 12,000 characters and a body of 2 MB pass', async () => {
      const long = 'x'.repeat(12_000);
      // The node says so, not the proxy: a session that nobody has.
      const lost = await fetch(proxy.url, inSession(long, { id: 1, method: 'ping' }));
      expect(lost.status).toBe(404);
      expect(await lost.json()).toMatchObject({ error: { code: -32600 } });
      const text = 'y'.repeat(2_000_000);
      // Revision 2026-07-28 has no sessions and ignores the header.
      const [answer] = await messages(await fetch(proxy.url, echo(text, 0, { headers: { 'mcp-session-id': long } })));
      expect(answer).toMatchObject({ result: { content: [{ type: 'text', text }] } });
    });

    it('the manager sees which host and origin were asked for, and refuses others', async () => {
      const own = await fetch(proxy.url, echo('hi'));
      expect(own.status).toBe(200);
      const foreign = await fetch(proxy.url, echo('hi', 0, { headers: { origin: 'http://evil.example' } }));
      expect(foreign.status).toBe(403);
    });
  });

  describe('in front of two managers', () => {
    const started = async (first: ProxyUpstream, second: ProxyUpstream): Promise<RunningProxy> => {
      const managers = [first.address, second.address] as const;
      return untilEnd(await startProxy(kind, { managers, checkPort: second.port }));
    };
    const upstream = async (options?: { hangsUp: boolean }): Promise<ProxyUpstream> =>
      untilEnd(await ProxyUpstream.start(options));

    it('every header of MCP arrives as it was sent, over HTTP/1.1 that stays open', async () => {
      const manager = await upstream();
      const proxy = await started(manager, manager);
      const headers = {
        'mcp-session-id': 'session',
        'last-event-id': 'event',
        // Names that a tool may choose: a proxy that drops them makes header and body disagree.
        'mcp-param-user_id': '7',
        'mcp-param-a.b': '=?base64?w6k=?=',
        origin: 'https://app.example.com',
        authorization: 'Bearer token',
        accept: 'application/json, text/event-stream',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      };
      expect((await fetch(proxy.url, stateless('tools/list', {}, { headers }))).status).toBe(200);
      expect(manager.arrived).toMatchObject([
        {
          method: 'POST',
          httpVersion: '1.1',
          headers: {
            ...headers,
            host: `127.0.0.1:${String(proxy.port)}`,
            'mcp-protocol-version': '2026-07-28',
            'mcp-method': 'tools/list',
            'x-request-id': expect.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/) as string,
          },
        },
      ]);
      expect(manager.arrived[0]?.headers.connection).not.toBe('close');
    });

    it('a POST that a manager received is never sent again', async () => {
      const manager = await upstream({ hangsUp: true });
      const proxy = await started(manager, manager);
      const response = await fetch(proxy.url, echo('once'));
      expect(response.status).toBe(502);
      expect(manager.arrived).toHaveLength(1);
    });

    it('a manager that takes no connections is passed over', async () => {
      const gone = await upstream();
      await gone.close();
      const manager = await upstream();
      const proxy = await started(gone, manager);
      for (let call = 0; call < 4; call += 1) expect((await fetch(proxy.url, echo('hi'))).status).toBe(200);
      expect(manager.arrived).toHaveLength(4);
    });
  });
});
