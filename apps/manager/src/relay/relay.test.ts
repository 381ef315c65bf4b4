import { describe, expect, it } from 'vitest';
import { answer, progress, session, splices, unknown } from '../../test/relay-events.js';
import { RelayFixture } from '../../test/relay-fixture.js';

describe('a node that hangs', () => {
  it('what can go on elsewhere leaves it when it is down; the rest waits for its connection to be cut', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const read = scene.call('read').client;
    const hung = scene.last.sent().events(progress(1));
    const other = hung.node === 'a' ? 'b' : 'a';
    const write = scene.call('write', { ...session, 'mcp-session-id': 'x' });
    let writing = scene.last;
    // The session’s node is the one of its hash: the test wants it on the node that hangs.
    for (let id = 0; writing.node !== hung.node; id += 1) {
      scene.call('write', { ...session, 'mcp-session-id': `x${String(id)}` });
      writing = scene.last;
    }
    writing.sent();
    const given = scene.exchanges.length;
    scene.down(hung.node);
    expect(hung.aborted).toBe(true);
    expect(writing.aborted).toBe(false);
    expect(scene.exchanges).toHaveLength(given + 1);
    expect(scene.last.node).toBe(other);
    scene.last.sent().events(answer).end();
    expect(read.text).toBe(progress(1) + answer);
    // What the silent node says later is heard by nobody.
    hung.data(progress(2));
    expect(read.text).toBe(progress(1) + answer);
    expect(write.client.writableEnded).toBe(false);
    writing.fail('node_gone');
    expect(await scene.metric(splices('call', 'unknown'))).toBe(1);
    expect(await scene.metric('mcp_manager_failovers_total{reason="down"}')).toBe(1);
  });

  it('one that breaks, or answers, while it is not known whether the call may be repeated, is left once or not at all', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    // What was known of the tools is too old.
    await scene.clock.advance(6 * 60_000);
    scene.call('read');
    const broken = scene.last.sent();
    scene.down(broken.node);
    broken.fail();
    await scene.clock.advance(0);
    expect(scene.exchanges).toHaveLength(2);

    await scene.clock.advance(6 * 60_000);
    const { client } = scene.call('read');
    const quick = scene.last.sent();
    scene.down(quick.node);
    quick.json({ jsonrpc: '2.0', id: 7, result: {} });
    await scene.clock.advance(0);
    expect(client.status).toBe(200);
    expect(scene.exchanges).toHaveLength(3);
  });

  it('a request that was not written leaves it, whatever it is', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    scene.call('write');
    const first = scene.last;
    scene.down(first.node);
    expect(scene.exchanges).toHaveLength(2);
    expect(first.sent().aborted).toBe(true);
  });
});

describe('no node', () => {
  it('a call that comes waits a second, a call that lost its node five', async () => {
    const scene = await RelayFixture.open(['a']);
    const lost = scene.call('read').client;
    scene.last.sent().fail();
    scene.membership.leave('a');
    const fresh = scene.call('write').client;
    await scene.clock.advance(999);
    expect([fresh.writableEnded, lost.writableEnded]).toEqual([false, false]);
    await scene.clock.advance(1);
    expect([fresh.status, fresh.headers['retry-after']]).toEqual([503, '1']);
    expect(fresh.json).toMatchObject({ error: { data: { reason: 'no_node' } } });
    await scene.clock.advance(4000);
    expect(lost.status).toBe(503);
    expect(await scene.metric(splices('call', 'failed'))).toBe(1);
  });

  it('both go on as soon as one is ready, also the one that they failed on', async () => {
    const scene = await RelayFixture.open(['a']);
    scene.call('read');
    scene.last.sent().fail();
    scene.call('write');
    scene.last.fail('ECONNREFUSED');
    scene.down('a');
    await scene.clock.advance(500);
    // In a panic even a node that is out is tried, but not twice by one request.
    const before = scene.exchanges.length;
    scene.ready('a');
    expect(scene.exchanges).toHaveLength(before + 2);
    expect(scene.relays.waiting.size).toBe(0);
  });

  it('full nodes refuse at once', async () => {
    const scene = await RelayFixture.open(['a']);
    for (let call = 0; call < 2048; call += 1) scene.node('a').begin('calls');
    expect(scene.call('read').client.json).toMatchObject({ error: { data: { reason: 'overloaded' } } });
  });

  it('the manager that gives up refuses those that wait, and tells the others that nothing is known', async () => {
    const scene = await RelayFixture.open(['a']);
    const asked = scene.call('write').client;
    scene.last.sent();
    scene.down('a');
    scene.membership.leave('a');
    const waiting = scene.call('write').client;
    scene.relays.giveUp();
    expect(waiting.json).toMatchObject({ error: { data: { reason: 'draining' } } });
    expect(asked.json).toMatchObject(unknown);
    expect(scene.relays.inFlight).toBe(0);
  });
});

describe('a node that answers 503', () => {
  const full = { jsonrpc: '2.0', id: 7, error: { code: -32603, message: 'full', data: { reason: 'capacity' } } };
  const busy = { jsonrpc: '2.0', id: 7, error: { code: -32603, message: 'busy' } };

  it('another node is asked when it took nothing, or when it may be asked twice', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    for (const [tool, refusal] of [['write', full], ['read', busy]] as const) {
      const { client } = scene.call(tool);
      scene.last.sent().json(refusal, 503);
      scene.last.sent().json({ jsonrpc: '2.0', id: 7, result: {} });
      expect(client.status).toBe(200);
    }
    const { client } = scene.call('write');
    scene.last.sent().json(busy, 503);
    expect(client.status).toBe(503);
    expect(client.json).toEqual(busy);
    expect(scene.exchanges).toHaveLength(5);
    expect(await scene.metric('mcp_manager_failovers_total{reason="busy"}')).toBe(2);
  }); // prettier-ignore

  it('the last refusal is passed on when every node refused', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('write');
    scene.last.sent().json(full, 503);
    scene.last.sent().json(full, 503);
    expect(client.json).toEqual(full);
    expect(scene.relays.inFlight).toBe(0);
  });

  it('a storm of refusals is not answered with a storm of retries', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const calls = Array.from({ length: 100 }, () => {
      const sent = scene.call('write');
      return { ...sent, exchange: scene.last.sent() };
    });
    for (const { exchange } of calls) exchange.json(full, 503);
    const retries = scene.exchanges.length - calls.length;
    expect(retries).toBeGreaterThan(3);
    expect(retries).toBeLessThanOrEqual(20);
    expect(await scene.metric('mcp_manager_retries_denied_total')).toBe(100 - retries);
    // Their places are free again when they have ended.
    for (const exchange of scene.exchanges.slice(100)) exchange.sent().json(full, 503);
    scene.call('write');
    scene.last.sent().json(full, 503);
    expect(scene.exchanges.at(-1)?.aborted).toBe(false);
    expect(await scene.metric('mcp_manager_retries_denied_total')).toBe(100 - retries);
  });
});
