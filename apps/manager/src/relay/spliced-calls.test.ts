import { describe, expect, it } from 'vitest';
import { answer, progress, session, splices, unknown } from '../../test/relay-events.js';
import { RelayFixture } from '../../test/relay-fixture.js';

describe('a call whose node dies', () => {
  it('S03: of a read-only tool goes on at another node in the same response', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read');
    const first = scene.last.sent().events(progress(1), progress(2), progress(3).slice(0, 50));
    await scene.clock.advance(40);
    first.fail();
    const second = scene.last;
    expect(second.node).not.toBe(first.node);
    expect(second.headers['x-request-id']).toBe(first.headers['x-request-id']);
    expect(scene.pass).toEqual({ progressAbove: 2 });
    await scene.clock.advance(30);
    second.sent().events(progress(3), answer).end();
    expect(client.text).toBe(progress(1) + progress(2) + progress(3) + answer);
    expect(client.writableEnded).toBe(true);
    expect(scene.relays.inFlight).toBe(0);
    expect(await scene.metric(splices('call', 'completed'))).toBe(1);
    expect(await scene.metric('mcp_manager_splice_gap_seconds_sum')).toBeCloseTo(0.03);
    expect(await scene.metric('mcp_manager_upstream_requests_total{outcome="failed_over"}')).toBe(1);
    expect(scene.membership.nodes().map((node) => node.inFlight)).toEqual([0, 0]);
  });

  it('before its answer, or in the middle of a JSON body: the second node’s answer is the answer', async () => {
    const scene = await RelayFixture.open(['a', 'b', 'c']);
    const { client } = scene.call('read');
    scene.last.sent().fail();
    expect(scene.pass).toEqual({ progressAbove: undefined });
    scene.last.sent().head(200, { 'content-type': 'application/json', 'content-length': '40' });
    scene.last.data('{"jsonrpc":').fail();
    expect(client.headersSent).toBe(false);
    scene.last.sent().json({ jsonrpc: '2.0', id: 7, result: { from: 'c' } });
    expect(client.json).toEqual({ jsonrpc: '2.0', id: 7, result: { from: 'c' } });
    expect(new Set(scene.exchanges.map(({ node }) => node)).size).toBe(3);
  });

  it('a web page is no answer: another node is asked, and the one that sent it is blamed', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read');
    const first = scene.last.sent().head(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': '9' });
    expect(first.aborted).toBe(true);
    scene.last.sent().json({ jsonrpc: '2.0', id: 7, result: {} });
    expect([client.status, client.json]).toEqual([200, { jsonrpc: '2.0', id: 7, result: {} }]);
    const write = scene.call('write').client;
    scene.last.sent().head(404, { 'content-type': 'text/plain' });
    expect(write.status).toBe(502);
    expect(write.json).toMatchObject(unknown);
    expect(scene.membership.nodes().map((node) => node.inFlight)).toEqual([0, 0]);
  });

  it('a JSON answer behind events is one more event', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read');
    scene.last.sent().events(progress(1)).fail();
    scene.last.sent().json({ jsonrpc: '2.0', id: 7, result: {} });
    expect(client.text).toBe(progress(1) + answer);
  });

  it('of any other tool ends with exactly one error, in the way that is open', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const unanswered = scene.call('write').client;
    scene.last.sent().fail();
    expect(unanswered.status).toBe(502);
    expect(unanswered.json).toMatchObject(unknown);

    const half = scene.call('write').client;
    scene.last.sent().head(200, { 'content-type': 'application/json', 'content-length': '40' }).data('{').fail();
    expect(half.status).toBe(502);
    expect(half.json).toMatchObject(unknown);

    const streaming = scene.call('write').client;
    scene.last.sent().events(progress(1), answer.slice(0, -5)).fail();
    const [last] = streaming.text.slice(progress(1).length).split('\n\n');
    expect(JSON.parse(last?.split('data: ')[1] ?? '')).toMatchObject(unknown);
    expect(scene.exchanges).toHaveLength(3);
    expect(await scene.metric(splices('call', 'unknown'))).toBe(3);
    expect(await scene.metric('mcp_manager_upstream_requests_total{outcome="lost"}')).toBe(3);
  });

  it('after its answer: nothing more is said', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read');
    scene.last.sent().events(progress(1), answer).fail();
    expect(client.text).toBe(progress(1) + answer);
    expect(client.writableEnded).toBe(true);
    expect(scene.exchanges).toHaveLength(1);
  });

  it('with an idempotency key it goes on where the nodes share their ledger', async () => {
    for (const sharedStore of [true, false]) {
      const scene = await RelayFixture.open(['a', 'b'], { sharedStore });
      scene.call('write', {}, { 'mcp-cluster/idempotencyKey': 'k' });
      scene.last.sent().fail();
      expect(scene.exchanges).toHaveLength(sharedStore ? 2 : 1);
    }
  });

  it('S05: is tried on each node once, and at most three times more', async () => {
    const scene = await RelayFixture.open(['a', 'b', 'c', 'd', 'e']);
    const { client } = scene.call('read');
    for (let time = 0; time < 4; time += 1)
      scene.last
        .sent()
        .events(progress(time + 1))
        .fail();
    expect(scene.exchanges).toHaveLength(4);
    expect(new Set(scene.exchanges.map(({ node }) => node)).size).toBe(4);
    expect(client.text.match(/"outcome":"unknown"/g)).toHaveLength(1);
  });

  it('a batch gets one error for each request that has no answer', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const member = (id: number): object => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'write' } });
    const { client } = scene.send('POST', session, JSON.stringify([member(1), member(2), member(3)]));
    scene.last.sent().events('data: {"jsonrpc":"2.0","id":2,"result":{}}\n\n').fail();
    const ids = [...client.text.matchAll(/"id":(\d)/g)].map(([, id]) => id);
    expect(ids).toEqual(['2', '1', '3']);
  });

  it('2025: a question that the user was asked is not asked again by another node', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read', session);
    scene.last.sent().events('data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create"}\n\n').fail();
    expect(client.text).toContain('"outcome":"unknown"');
  });

  it('S16: a client that leaves while another node is looked for ends it', async () => {
    const scene = await RelayFixture.open(['a']);
    const { relay, client } = scene.call('read');
    scene.last.sent().events(progress(1)).fail();
    expect(await scene.metric('mcp_manager_parked')).toBe(1);
    relay.clientGone();
    expect(await scene.metric('mcp_manager_parked')).toBe(0);
    scene.join('b');
    await scene.clock.advance(10_000);
    expect(scene.exchanges).toHaveLength(1);
    expect(client.text).toBe(progress(1));
    expect(scene.relays.inFlight).toBe(0);
  });

  it('S16: a client that leaves a second node closes that one’s connection', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { relay } = scene.call('read');
    scene.last.sent().fail();
    scene.last.sent();
    relay.clientGone();
    expect(scene.last.aborted).toBe(true);
  });

  it('S20: a client that does not read is not given more: another node is asked when it reads again', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('read');
    client.slow = true;
    scene.last.sent().events(progress(1)).fail();
    expect(scene.exchanges).toHaveLength(1);
    client.drain();
    expect(scene.exchanges).toHaveLength(2);
  });
});
