import type { SessionStore } from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

export interface SessionStoreHarness {
  /** Two nodes' views of the same sessions. */
  readonly first: SessionStore;
  readonly second: SessionStore;
  /** Everything is lost, as by a Redis that starts empty. */
  loseAll(): Promise<void>;
}

/** Of a store that knows how long a session has been idle. */
export interface TimedSessionStoreHarness extends SessionStoreHarness {
  /** Lets time pass for the store. */
  elapse(ms: number): Promise<void>;
}

const DAY_MS = 24 * 60 * 60_000;
const IDLE_MS = 30 * 60_000;

const ended = { logLevel: undefined, subscriptions: [], ended: true };

/** What every SessionStore keeps to. `open` gives an empty one whose sessions may be idle for 30 min. */
export function sessionStoreContract(name: string, open: () => Promise<SessionStoreHarness>): void {
  describe(`${name}: a session store`, () => {
    let harness: SessionStoreHarness;
    let first: SessionStore;
    let second: SessionStore;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });

    const subscriptions = async (id: string): Promise<string[]> =>
      [...((await second.load(id))?.subscriptions ?? [])].toSorted();

    it('S15: a session of which nothing is known has not ended', async () => {
      expect(await first.load('nobody')).toBeUndefined();
    });

    it('S1: what belongs to one session is not found with the id of another', async () => {
      await first.setLogLevel('one', 'debug', DAY_MS);
      await first.subscribe('one', 'logs://a', true, DAY_MS);
      await first.end('two', DAY_MS);
      expect(await second.load('One')).toBeUndefined();
      expect(await second.load('one ')).toBeUndefined();
      expect(await second.load('two')).toEqual(ended);
      expect(await second.load('one')).toEqual({ logLevel: 'debug', subscriptions: ['logs://a'], ended: false });
    });

    it('another node sees the log level that was set last', async () => {
      await first.setLogLevel('s', 'debug', DAY_MS);
      await second.setLogLevel('s', 'emergency', DAY_MS);
      expect(await first.load('s')).toEqual({ logLevel: 'emergency', subscriptions: [], ended: false });
    });

    it('subscriptions of several nodes come together, each once', async () => {
      await first.subscribe('s', 'logs://a', true, DAY_MS);
      await second.subscribe('s', 'logs://b', true, DAY_MS);
      await second.subscribe('s', 'logs://a', true, DAY_MS);
      expect(await subscriptions('s')).toEqual(['logs://a', 'logs://b']);
      expect(await second.load('s')).toMatchObject({ logLevel: undefined, ended: false });
    });

    it('a subscription that is removed is gone, and one that never was is no error', async () => {
      for (const uri of ['logs://a', 'logs://b', 'logs://c']) await first.subscribe('s', uri, true, DAY_MS);
      await second.subscribe('s', 'logs://b', false, DAY_MS);
      await second.subscribe('s', 'logs://x', false, DAY_MS);
      expect(await subscriptions('s')).toEqual(['logs://a', 'logs://c']);
    });

    it('takes any text for a URI', async () => {
      const uris = ['', '+', 'level', 'seen', 'ended', 'a\nb', 'größe://ü', 'x'.repeat(2_000)];
      for (const uri of uris) await first.subscribe('s', uri, true, DAY_MS);
      expect(await subscriptions('s')).toEqual(uris.toSorted());
      expect(await second.load('s')).toMatchObject({ logLevel: undefined, ended: false });
    });

    it('S15: an ended session has ended for every node, and nothing of it stays', async () => {
      await first.setLogLevel('s', 'debug', DAY_MS);
      await first.subscribe('s', 'logs://a', true, DAY_MS);
      await first.end('s', DAY_MS);
      expect(await second.load('s')).toEqual(ended);
    });

    it('S15: whatever comes late, an ended session stays ended and empty', async () => {
      await first.end('s', DAY_MS);
      await second.setLogLevel('s', 'debug', DAY_MS);
      await second.subscribe('s', 'logs://a', true, DAY_MS);
      await second.subscribe('s', 'logs://a', false, DAY_MS);
      await second.touch([{ id: 's', lifeMs: DAY_MS }]);
      await second.end('s', DAY_MS);
      expect(await first.load('s')).toEqual(ended);
    });

    it('a store that lost everything loses no session', async () => {
      await first.touch([{ id: 's', lifeMs: DAY_MS }]);
      await first.setLogLevel('s', 'debug', DAY_MS);
      await first.end('t', DAY_MS);
      await harness.loseAll();
      expect([await first.load('s'), await first.load('t')]).toEqual([undefined, undefined]);
      await second.setLogLevel('s', 'error', DAY_MS);
      expect(await first.load('s')).toEqual({ logLevel: 'error', subscriptions: [], ended: false });
    });

    it('touches none and many', async () => {
      await first.touch([]);
      const many = Array.from({ length: 1_234 }, (_, n) => ({ id: `s${String(n)}`, lifeMs: DAY_MS }));
      await first.touch(many);
      for (const id of ['s0', 's499', 's500', 's1233']) expect((await second.load(id))?.ended).not.toBe(true);
    });
  });
}

/** What a SessionStore keeps to that knows of idle sessions. `open` gives one whose sessions may be idle for 30 min. */
export function idleSessionStoreContract(name: string, open: () => Promise<TimedSessionStoreHarness>): void {
  describe(`${name}: idle sessions`, () => {
    let harness: TimedSessionStoreHarness;
    let first: SessionStore;
    let second: SessionStore;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });

    const touch = (id: string, lifeMs = DAY_MS): Promise<void> => first.touch([{ id, lifeMs }]);

    it('S15: each session of a long list is noted', async () => {
      await first.touch(Array.from({ length: 1_234 }, (_, n) => ({ id: `s${String(n)}`, lifeMs: DAY_MS })));
      await harness.elapse(IDLE_MS + 5_000);
      const loaded = await Promise.all(['s0', 's499', 's500', 's1233', 's1234'].map((id) => second.load(id)));
      expect(loaded).toEqual([ended, ended, ended, ended, undefined]);
    });

    it('S15: a session has ended when nobody noted it for longer than it may be idle', async () => {
      await touch('s');
      await first.setLogLevel('s', 'debug', DAY_MS);
      await first.subscribe('s', 'logs://a', true, DAY_MS);
      await harness.elapse(IDLE_MS - 5_000);
      expect(await second.load('s')).toMatchObject({ logLevel: 'debug', ended: false });
      await harness.elapse(10_000);
      expect(await second.load('s')).toEqual(ended);
    });

    it.for<[string, (store: SessionStore) => Promise<void>]>([
      ['a note', (store) => store.touch([{ id: 's', lifeMs: DAY_MS }])],
      ['a log level', (store) => store.setLogLevel('s', 'info', DAY_MS)],
      ['a subscription', (store) => store.subscribe('s', 'logs://b', true, DAY_MS)],
      ['an unsubscription', (store) => store.subscribe('s', 'logs://b', false, DAY_MS)],
    ])('S15: %s keeps a session alive for as long again', async ([, act]) => {
      await first.subscribe('s', 'logs://a', true, DAY_MS);
      for (let round = 0; round < 3; round += 1) {
        await harness.elapse(IDLE_MS - 5_000);
        await act(second);
      }
      expect(await first.load('s')).toMatchObject({ ended: false });
      expect((await first.load('s'))?.subscriptions).toContain('logs://a');
    });

    it('S15: loading alone keeps nobody alive', async () => {
      await touch('s');
      await harness.elapse(IDLE_MS - 5_000);
      await second.load('s');
      await harness.elapse(10_000);
      expect(await second.load('s')).toEqual(ended);
    });

    it('S15: nothing is kept longer than the id opens, nor longer than 24 h', async () => {
      await touch('short', 60_000);
      await first.setLogLevel('level', 'debug', 60_000);
      await first.subscribe('uri', 'logs://a', true, 60_000);
      await first.end('ended', 60_000);
      await first.end('long', 10 * DAY_MS);
      await touch('over', 0);
      expect(await second.load('over')).toBeUndefined();
      expect(await second.load('ended')).toEqual(ended);
      await harness.elapse(60_001);
      for (const id of ['short', 'level', 'uri', 'ended']) expect(await second.load(id)).toBeUndefined();
      expect(await second.load('long')).toEqual(ended);
      await harness.elapse(DAY_MS);
      expect(await second.load('long')).toBeUndefined();
    });
  });
}
