import { describe, expect, it } from 'vitest';
import { answer, identified, progress, session, splices } from '../../test/relay-events.js';
import { RelayFixture } from '../../test/relay-fixture.js';

describe('a stream of a 2025 session whose node dies', () => {
  it('S16: is resumed on another node from its last event on', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('write', session);
    const primed = 'id: s.1.0\nretry: 500\ndata: \n\n';
    scene.last
      .sent()
      .events(primed, identified('s.1.1', progress(1)), 'id: s.1.2\ndata: ha')
      .fail();
    const { method, headers } = scene.last;
    expect([method, headers['last-event-id'], headers['mcp-session-id']]).toEqual(['GET', 's.1.1', 's']);
    expect(headers['x-internal-splice']).toBeUndefined();
    scene.last.sent().events('id: s.1.1\nretry: 500\ndata: \n\n', identified('s.2.2', answer)).end();
    expect(client.text).toBe(primed + identified('s.1.1', progress(1)) + identified('s.2.2', answer));
    expect(await scene.metric(splices('resume', 'completed'))).toBe(1);
  });

  it('S16: a node that cannot yet is asked again, for three seconds at most', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.call('write', session);
    scene.last
      .sent()
      .events(identified('s.1.1', progress(1)))
      .fail();
    for (let time = 0; scene.exchanges.length < 3; time += 1) {
      scene.last.sent().json({ error: {} }, 503);
      await scene.clock.advance(100);
    }
    scene.last.sent().events(identified('s.2.2', answer)).end();
    expect(client.text).toBe(identified('s.1.1', progress(1)) + identified('s.2.2', answer));

    const hopeless = scene.call('write', session).client;
    scene.last
      .sent()
      .events(identified('s.1.1', progress(1)))
      .fail();
    for (let time = 0; time < 10 && !hopeless.writableEnded; time += 1) {
      scene.last.sent().json({ error: {} }, 503);
      await scene.clock.advance(800);
    }
    expect(hopeless.text.match(/"outcome":"unknown"/g)).toHaveLength(1);
  });

  it('that no node knows any more: a repeatable call is given to a node again, another one ends', async () => {
    const scene = await RelayFixture.open(['a', 'b', 'c']);
    for (const [tool, text] of [['read', identified('t.1.1', answer)], ['write', 'unknown']] as const) {
      const { client } = scene.call(tool, session);
      scene.last.sent().events(identified('s.1.1', progress(1))).fail();
      scene.last.sent().json({ error: {} }, 400);
      scene.last.sent().json({ error: {} }, 400);
      if (tool === 'read') {
        expect(scene.pass).toEqual({ progressAbove: 1 });
        scene.last.sent().events(identified('t.1.1', answer)).end();
      }
      expect(client.text).toContain(text);
      expect(client.writableEnded).toBe(true);
    }
  }); // prettier-ignore
});

describe('streams that stand', () => {
  const ack = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}\n\n';
  const change = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';

  it('S08: a listen stream goes on at another node, and its client does not notice', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.post('subscriptions/listen');
    scene.last.sent().events(ack).fail();
    expect(scene.pass).toEqual({ progressAbove: undefined });
    scene.last.sent().events(ack, change);
    expect(client.text).toBe(ack + change);
    expect(await scene.metric(splices('listen', 'completed'))).toBe(1);
    expect(scene.relays.standingStreams).toBe(1);
  });

  it('S08: outlives any number of nodes, if each stands for a while', async () => {
    const scene = await RelayFixture.open(['a', 'b']);
    const { client } = scene.send('GET', session);
    for (let time = 0; time < 10; time += 1) {
      scene.last.sent().events(identified(`s.1.${String(time)}`, change));
      await scene.clock.advance(6000);
      scene.last.fail();
      expect(scene.last.headers['last-event-id']).toBe(`s.1.${String(time)}`);
    }
    expect(client.writableEnded).toBe(false);
    expect(await scene.metric(splices('session', 'completed'))).toBe(9);
  });

  it('S08: when no node comes they end in good order, so that their clients come back', async () => {
    const scene = await RelayFixture.open(['a']);
    const listen = scene.post('subscriptions/listen').client;
    scene.last.sent().events(ack).fail();
    const get = scene.send('GET', session).client;
    scene.last.sent().fail();
    await scene.clock.advance(4900);
    expect(listen.writableEnded).toBe(false);
    await scene.clock.advance(200);
    expect(listen.text).toMatch(/"resultType":"complete".*\n\n$/);
    expect(get.status).toBe(503);
    expect(await scene.metric(splices('listen', 'failed'))).toBe(1);
  });

  it('when the manager stops, one that looks for a node ends as all others', async () => {
    const scene = await RelayFixture.open(['a']);
    const { client } = scene.post('subscriptions/listen');
    scene.last.sent().events(ack).fail();
    scene.relays.endStreams();
    expect(client.text).toMatch(/"resultType":"complete".*\n\n$/);
    expect(scene.relays.inFlight).toBe(0);
    expect(scene.relays.waiting.size).toBe(0);
  });
});
