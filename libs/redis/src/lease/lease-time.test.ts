import { describe, expect, it } from 'vitest';
import { LEADER_LEASE_MS, NODE_LEASE_MS, NODE_RENEW_MS } from '@mcp-cluster/cluster';
import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import type { Script, Store } from '../connection/store.js';
import { NodeLease } from './node-lease.js';
import { RedisLeadership } from './redis-leadership.js';

type Answer = () => Promise<unknown>;

/** A store whose answers a test gives. */
class ScriptedStore implements Store {
  readonly available = true;
  readonly asked: string[] = [];
  answer: Answer = () => Promise.resolve('renewed');
  private readonly recovered: (() => void)[] = [];

  key(...parts: readonly string[]): string {
    return parts.join(':');
  }

  run(script: Script): Promise<unknown> {
    this.asked.push(script.name);
    return this.answer();
  }

  runBuffers(script: Script): Promise<unknown> {
    return this.run(script);
  }

  onRecovered(listener: () => void): void {
    this.recovered.push(listener);
  }

  recover(): void {
    for (const listener of this.recovered) listener();
  }
}

const away: Answer = () => Promise.reject(new LocalError('store_unavailable', 'away'));
const SAID = { origin: 'http://127.0.0.1:1', managementOrigin: 'http://127.0.0.1:2', pid: 1, version: '1' };

function parts() {
  const clock = new VirtualClock();
  const store = new ScriptedStore();
  const background = new Background((name, error) => {
    throw new Error(`${name}: ${error.message}`);
  });
  return { clock, store, background };
}

function nodeLease() {
  const { clock, store, background } = parts();
  const lease = new NodeLease({ store, clock, background, id: 'a', incarnation: 'life' });
  const told: boolean[] = [];
  lease.onChange((held) => told.push(held));
  return { clock, store, lease, told };
}

describe('a node’s lease in time', () => {
  it('experiment 10: it ends here when it was not renewed, counted from before the last renewal was sent', async () => {
    const { clock, store, lease, told } = nodeLease();
    await lease.start(SAID);
    store.answer = away;
    await clock.advance(NODE_LEASE_MS - 1);
    expect(lease.held).toBe(true);
    await clock.advance(1);
    expect(lease.held).toBe(false);
    expect(told).toEqual([true, false]);
    store.answer = () => Promise.resolve('taken');
    await clock.advance(NODE_RENEW_MS);
    expect(told).toEqual([true, false, true]);
    await lease.stop();
  });

  it('experiment 5: an answer that comes when the lease has ended already gives nothing', async () => {
    const { clock, store, lease, told } = nodeLease();
    let answerNow: (value: string) => void = () => undefined;
    store.answer = () => new Promise((resolve) => (answerNow = resolve));
    const started = lease.start(SAID);
    await clock.advance(NODE_LEASE_MS + 1);
    answerNow('taken');
    await started;
    expect(lease.held).toBe(false);
    expect(told).toEqual([]);
    store.answer = () => Promise.resolve(1);
    await lease.stop();
  });

  it('one lost renewal costs nothing, and a store that recovers is used at once', async () => {
    const { clock, store, lease, told } = nodeLease();
    await lease.start(SAID);
    store.answer = away;
    await clock.advance(NODE_RENEW_MS);
    store.answer = () => Promise.resolve('renewed');
    await clock.advance(10 * NODE_LEASE_MS);
    expect(told).toEqual([true]);
    const before = store.asked.length;
    store.recover();
    await clock.advance(0);
    expect(store.asked.length).toBe(before + 1);
    await lease.stop();
  });

  it('after its end nothing is renewed, also when a renewal was under way', async () => {
    const { clock, store, lease } = nodeLease();
    await lease.start(SAID);
    let answerNow: (value: string) => void = () => undefined;
    store.answer = () => new Promise((resolve) => (answerNow = resolve));
    await clock.advance(NODE_RENEW_MS);
    const stopped = lease.stop();
    store.answer = () => Promise.resolve(1);
    answerNow('renewed');
    await stopped;
    expect(store.asked.slice(-2)).toEqual(['lease-hold', 'lease-end']);
    await clock.advance(10 * NODE_LEASE_MS);
    expect(store.asked.at(-1)).toBe('lease-end');
    expect(lease.held).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('an incarnation that would break owners’ names is refused', () => {
    const { clock, store, background } = parts();
    expect(() => new NodeLease({ store, clock, background, id: 'a', incarnation: 'x/y' })).toThrow('incarnation');
  });
});

function leadership() {
  const { clock, store, background } = parts();
  store.answer = () => Promise.resolve('7');
  const leader = new RedisLeadership({ store, clock, background, holder: 'm1' });
  const told: (number | undefined)[] = [];
  leader.onChange((term) => told.push(term?.token));
  return { clock, store, leader, told };
}

describe('a leader’s term in time', () => {
  it('experiment 12: it ends before the lease could have ended', async () => {
    const { clock, store, leader, told } = leadership();
    leader.start();
    await clock.advance(0);
    expect(leader.term).toEqual({ token: 7 });
    store.answer = away;
    await clock.advance(LEADER_LEASE_MS - 200);
    expect(leader.term).toEqual({ token: 7 });
    await clock.advance(199);
    expect(leader.term).toBeUndefined();
    expect(told).toEqual([7, undefined]);
    await leader.stop();
  });

  it('experiment 12: a leader that is told of another one ends its term at once', async () => {
    const { clock, store, leader, told } = leadership();
    leader.start();
    await clock.advance(0);
    store.answer = () => Promise.resolve('');
    await clock.advance(LEADER_LEASE_MS / 3);
    expect(leader.term).toBeUndefined();
    store.answer = () => Promise.resolve('9');
    await clock.advance(500);
    expect(told).toEqual([7, undefined, 9]);
    await leader.stop();
  });

  it('an answer that took as long as the lease makes no term', async () => {
    const { clock, store, leader, told } = leadership();
    let answerNow: (value: string) => void = () => undefined;
    store.answer = () => new Promise((resolve) => (answerNow = resolve));
    leader.start();
    await clock.advance(LEADER_LEASE_MS);
    store.answer = away;
    answerNow('7');
    await clock.advance(1);
    expect(leader.term).toBeUndefined();
    expect(told).toEqual([]);
    await leader.stop();
    expect(clock.pending).toBe(0);
  });
});
