import { TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import { ANONYMOUS } from '../exchange/context.js';
import { CapacityError, SessionGoneError } from '../wire/errors.js';
import { DEFAULT_SESSION_LIMITS } from './session-directory.js';
import { SESSION_LIFE_MS } from './session-seal.js';
import type { Session } from './session.js';

const MINUTE = 60_000;
const CALL = { name: 'wait', arguments: {} };

/** Nodes of one cluster: one bus, one key, one clock. */
function cluster(max = DEFAULT_SESSION_LIMITS.max) {
  const bus = new LocalBus();
  const clock = new VirtualClock();
  const node = (nodeId: string, seed: number): TestNode => {
    const made = new TestNode({ bus, clock, nodeId, seed, sessionLimits: { ...DEFAULT_SESSION_LIMITS, max } });
    made.registry.tool(testTool('wait', () => new Promise(() => undefined)));
    return made;
  };
  const [a, b] = [node('a', 1), node('b', 2)];
  return { clock, a, b, sessions: a.dispatcher.sessions };
}

const stream = () => {
  const closed = { count: 0 };
  return { closed, notify: () => true, close: () => void (closed.count += 1) };
};

describe('idle sessions', () => {
  it('S15: end after 30 min without a message, swept every minute', async () => {
    const { clock, a, sessions } = cluster();
    const { id } = a.session();
    await clock.advance(30 * MINUTE);
    expect(sessions.size).toBe(1);
    await clock.advance(MINUTE);
    expect(sessions.size).toBe(0);
    expect(() => sessions.find(id, ANONYMOUS)).toThrow(SessionGoneError);
  });

  it('S15: every message counts', async () => {
    const { clock, a, sessions } = cluster();
    const { id } = a.session();
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(29 * MINUTE);
      void sessions.find(id, ANONYMOUS);
    }
    expect(sessions.size).toBe(1);
  });

  it('S15: one with a call under way or an open stream is not idle', async () => {
    const { clock, a, sessions } = cluster();
    const busy = a.session();
    const { exchange } = a.inSession(busy, 'tools/call', CALL);
    const listening = a.session();
    listening.stream = stream();
    await clock.advance(120 * MINUTE);
    expect(sessions.size).toBe(2);
    exchange.cancel('enough');
    listening.stream = undefined;
    await clock.advance(MINUTE);
    expect([...sessions]).toEqual([busy]); // the end of its call counts as a message
    await clock.advance(31 * MINUTE);
    expect(sessions.size).toBe(0);
  });

  it('end for good a day after their start, however busy', async () => {
    const { clock, a, sessions } = cluster();
    const { id } = a.session();
    for (let passed = 0; passed < SESSION_LIFE_MS; passed += 20 * MINUTE) {
      void sessions.find(id, ANONYMOUS);
      await clock.advance(20 * MINUTE);
    }
    expect(() => sessions.find(id, ANONYMOUS)).toThrow(SessionGoneError);
    expect(sessions.size).toBe(0);
  });
});

describe('the cap', () => {
  it('S15: refuses one more, and says when to come again', () => {
    const { a, sessions } = cluster(2);
    a.session();
    a.session();
    expect(() => a.session()).toThrow(CapacityError);
    expect(() => a.session()).toThrow('2 sessions, its limit');
    expect(sessions.size).toBe(2);
  });

  it('S15: holds for sessions of other nodes too', () => {
    const { a, b } = cluster(1);
    a.session();
    const { id } = b.session();
    expect(() => a.dispatcher.sessions.find(id, ANONYMOUS)).toThrow(CapacityError);
  });

  it('makes room of what has been idle for too long', async () => {
    const { clock, a, sessions } = cluster(1);
    await clock.advance(59_000); // so that the sweep is not due at the moment of the last look
    const { id } = a.session();
    await clock.advance(30 * MINUTE + 1);
    const second = a.session();
    expect(second.id).not.toBe(id);
    expect(sessions.size).toBe(1);
  });
});

describe('a session id', () => {
  it('of another node is adopted, with all that was agreed', () => {
    const { a, b } = cluster();
    const made = a.session('2025-06-18', { roots: {} });
    const adopted = b.dispatcher.sessions.find(made.id, ANONYMOUS) as Session;
    expect(adopted).toMatchObject({ id: made.id, revision: '2025-06-18', capabilities: { roots: {} } });
    expect(adopted.facts.home).toBe('a');
    expect(b.dispatcher.sessions.find(made.id, ANONYMOUS)).toBe(adopted);
  });

  it('of somebody else is not found', () => {
    const { a, sessions } = cluster();
    const { id } = a.session();
    for (const principal of [
      { issuer: '', subject: 'eve' },
      { issuer: 'x', subject: 'anonymous' },
    ])
      expect(() => sessions.find(id, principal)).toThrow(SessionGoneError);
    expect(sessions.find(id, ANONYMOUS)).toMatchObject({ id });
  });

  it.each(['', 'x', 'AAAA', '__proto__', 'constructor'])('%j is not found', (id) => {
    expect(() => cluster().sessions.find(id, ANONYMOUS)).toThrow(SessionGoneError);
  });

  it('that was ended stays ended, on every node', () => {
    const { a, b } = cluster();
    const { id } = a.session();
    void b.dispatcher.sessions.find(id, ANONYMOUS);
    void b.dispatcher.sessions.end(id);
    for (const node of [a, b]) {
      expect(node.dispatcher.sessions.size).toBe(0);
      expect(() => node.dispatcher.sessions.find(id, ANONYMOUS)).toThrow(SessionGoneError);
    }
  });

  it('that was ended cancels what was under way and closes its stream', () => {
    const { a, sessions } = cluster();
    const session = a.session();
    const { exchange, reply } = a.inSession(session, 'tools/call', CALL);
    const listening = stream();
    session.stream = listening;
    void sessions.end(session.id);
    expect(exchange.isCancelled).toBe(true);
    expect(reply.abandoned).toBe(true);
    expect(listening.closed.count).toBe(1);
  });
});

describe('cancellation', () => {
  const cancelled = (requestId: unknown, reason?: unknown) =>
    ({ kind: 'notification', method: 'notifications/cancelled', params: { requestId, reason } }) as const;

  it('S16: stops the call it names, and no other', () => {
    const { a } = cluster();
    const session = a.session();
    const [one, two] = ['1', 1].map((id) => a.inSession(session, 'tools/call', CALL, { id }).exchange);
    a.dispatcher.notification(cancelled('1', 'changed my mind'), session);
    expect([one!.isCancelled, two!.isCancelled]).toEqual([true, false]);
    expect((one!.signal.reason as Error).message).toBe('changed my mind');
  });

  it('S16: reaches a call on another node over the bus', () => {
    const { a, b } = cluster();
    const session = a.session();
    const { exchange } = a.inSession(session, 'tools/call', CALL, { id: 7 });
    const there = b.dispatcher.sessions.find(session.id, ANONYMOUS) as Session;
    b.dispatcher.notification(cancelled(7), there);
    expect(exchange.isCancelled).toBe(true);
  });

  it('S16: of another session, of an unknown or an impossible id does nothing', () => {
    const { a } = cluster();
    const session = a.session();
    const { exchange } = a.inSession(session, 'tools/call', CALL, { id: 7 });
    a.dispatcher.notification(cancelled(7), a.session());
    for (const id of [8, '7', null, {}, [7], undefined]) a.dispatcher.notification(cancelled(id), session);
    a.dispatcher.notification(cancelled(7), undefined);
    expect(exchange.isOpen).toBe(true);
  });
});

it('an id that is still being answered is refused, and the running call goes on', () => {
  const { a } = cluster();
  const session = a.session();
  const first = a.inSession(session, 'tools/call', CALL, { id: 1 });
  const second = a.inSession(session, 'ping', {}, { id: 1 });
  expect(second.reply.answer?.error).toMatchObject({ code: -32600 });
  expect(first.exchange.isOpen).toBe(true);
  expect(a.inSession(session, 'ping', {}, { id: 1 }).reply.answer?.error).toMatchObject({ code: -32600 });
  expect(a.inSession(session, 'ping', {}, { id: 2 }).reply.answer?.result).toEqual({});
  first.exchange.cancel('');
  expect(a.inSession(session, 'ping', {}, { id: 1 }).reply.answer?.result).toEqual({});
});
