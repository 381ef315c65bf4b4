import { LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { TestNode } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import { ANONYMOUS } from '../exchange/context.js';
import { SessionGoneError } from '../wire/errors.js';
import { MemorySessionStore, type SessionStore } from './session-store.js';

/** A store that a test can take away. */
class Store extends MemorySessionStore {
  away = false;
  readonly touched: string[][] = [];

  override load(id: string): ReturnType<SessionStore['load']> {
    return this.reach(() => super.load(id));
  }
  override setLogLevel(...given: Parameters<MemorySessionStore['setLogLevel']>): Promise<void> {
    return this.reach(() => super.setLogLevel(...given));
  }
  override subscribe(...given: Parameters<MemorySessionStore['subscribe']>): Promise<void> {
    return this.reach(() => super.subscribe(...given));
  }
  override end(id: string): Promise<void> {
    return this.reach(() => super.end(id));
  }
  override touch(sessions: readonly { id: string }[] = []): Promise<void> {
    this.touched.push(sessions.map(({ id }) => id));
    return this.reach(() => Promise.resolve());
  }
  private reach<T>(does: () => Promise<T>): Promise<T> {
    return this.away ? Promise.reject(new LocalError('store_unavailable', 'away')) : does();
  }
}

function cluster() {
  const clock = new VirtualClock();
  const sessionStore = new Store();
  const node = (nodeId: string, seed: number) =>
    new TestNode({ clock, bus: new LocalBus(), nodeId, seed, sessionStore });
  const [a, b] = [node('a', 1), node('b', 2)];
  // Two buses that are one while the test says so.
  let connected = true;
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    // prettier-ignore
    let passing = false;
    from.bus.subscribe((event) => {
      if (!connected || passing) return;
      passing = true;
      to.bus.publish(event);
      passing = false;
    });
  }
  const level = (on: TestNode, session: ReturnType<TestNode['session']>, value: string) =>
    on.inSession(session, 'logging/setLevel', { level: value });
  return { clock, store: sessionStore, a, b, level, cut: () => (connected = false), join: () => (connected = true) };
}

describe('what changes of a session', () => {
  it('S15: is known to another node that adopts it', async () => {
    const { clock, a, b, level } = cluster();
    const session = a.session();
    level(a, session, 'error');
    await clock.advance(0);
    const adopted = await b.dispatcher.sessions.find(session.id, ANONYMOUS);
    expect(adopted.logLevel).toBe('error');
  });

  it('S15: the client is answered when other nodes can know it, and also when they cannot', async () => {
    const { clock, store, a, level } = cluster();
    const session = a.session();
    const { reply } = level(a, session, 'error');
    expect(reply.answer).toBeUndefined();
    await clock.advance(0);
    expect(reply.answer).toMatchObject({ result: {} });
    store.away = true;
    const second = level(a, session, 'debug');
    await clock.advance(0);
    expect([second.reply.answer?.error, session.logLevel]).toEqual([undefined, 'debug']);
  });

  it('S15: is told to the store when it is there again', async () => {
    const { clock, store, a, b, level } = cluster();
    const session = a.session();
    store.away = true;
    level(a, session, 'error');
    await clock.advance(0);
    store.away = false;
    a.bus.publish({ type: 'resync' });
    await clock.advance(0);
    expect((await b.dispatcher.sessions.find(session.id, ANONYMOUS)).logLevel).toBe('error');
    expect(a.failures).toEqual([]);
  });

  it('S15: a session that was ended while a node heard nothing ends there too, once it does', async () => {
    const { clock, a, b, cut, join } = cluster();
    const session = a.session();
    await b.dispatcher.sessions.find(session.id, ANONYMOUS);
    cut();
    await a.dispatcher.sessions.end(session.id);
    expect(b.dispatcher.sessions.size).toBe(1);
    join();
    b.bus.publish({ type: 'resync' });
    await clock.advance(0);
    expect(b.dispatcher.sessions.size).toBe(0);
  });

  it('S15: an end that the store could not be told is told later', async () => {
    const { clock, store, a, b, cut } = cluster();
    const session = a.session();
    cut();
    store.away = true;
    await a.dispatcher.sessions.end(session.id);
    store.away = false;
    a.bus.publish({ type: 'resync' });
    await clock.advance(0);
    await expect(b.dispatcher.sessions.find(session.id, ANONYMOUS)).rejects.toBeInstanceOf(SessionGoneError);
  });

  it('S15: requests that come together adopt a session once', async () => {
    const { a, b } = cluster();
    const { id } = a.session();
    const found = await Promise.all([1, 2, 3].map(async () => b.dispatcher.sessions.find(id, ANONYMOUS)));
    expect(new Set(found).size).toBe(1);
  });

  it('S15: a session that another node serves is put away here, not ended', async () => {
    const { clock, a, b } = cluster();
    const { id } = a.session();
    for (let turn = 0; turn < 3; turn += 1) {
      await b.dispatcher.sessions.find(id, ANONYMOUS);
      await clock.advance(20 * 60_000);
    }
    expect([a.dispatcher.sessions.size, b.dispatcher.sessions.size]).toEqual([0, 1]);
    expect((await a.dispatcher.sessions.find(id, ANONYMOUS)).id).toBe(id);
  });

  it('S15: the store hears once a minute of the sessions that had a message', async () => {
    const { clock, store, a } = cluster();
    const [one, two] = [a.session(), a.session()];
    await clock.advance(60_000);
    await a.dispatcher.sessions.find(two.id, ANONYMOUS);
    await clock.advance(60_000);
    const told = store.touched.filter((ids) => ids.length > 0);
    expect(told).toEqual([[one.id, two.id], [two.id]]);
  });
});
