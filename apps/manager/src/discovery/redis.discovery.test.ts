import type { NodeDirectory, NodeRegistration } from '@mcp-cluster/cluster';
import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Membership } from '../membership/membership.js';
import { LOOK_INTERVAL_MS, RedisDiscovery } from './redis.discovery.js';
import { Roster } from './roster.js';

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };

const registered = (id: string, port: number): NodeRegistration => ({
  id,
  incarnation: `${id}-life`,
  origin: `http://10.0.0.1:${String(port)}`,
  managementOrigin: `http://10.0.0.1:${String(port + 1)}`,
  pid: 7,
  version: '1.0.0',
});

function discover() {
  const clock = new VirtualClock();
  const membership = new Membership(clock, () => link);
  const told: string[] = [];
  let looks = 0;
  const store: { nodes: NodeRegistration[]; answer: 'well' | 'not' | 'never' } = { nodes: [], answer: 'well' };
  const directory: NodeDirectory = {
    list: () => {
      looks += 1;
      if (store.answer === 'not') return Promise.reject(new LocalError('store_unavailable', 'away'));
      return store.answer === 'never' ? new Promise(() => undefined) : Promise.resolve(store.nodes);
    },
    declareGone: () => Promise.resolve(),
  };
  const write = (_fields: object, message: string) => void told.push(message);
  const log = { info: write, warn: write };
  const background = new Background(() => undefined);
  const discovery = new RedisDiscovery(directory, new Roster(membership), clock, background, log);
  const members = () => membership.nodes().map(({ id, url, absent }) => `${id} ${url}${absent ? ' absent' : ''}`);
  return { clock, discovery, store, members, told, looks: () => looks };
}

describe('discovery in the shared store', () => {
  it('takes what registered, within half a second, with where it is managed', async () => {
    const { clock, discovery, store, members } = discover();
    discovery.start();
    await clock.advance(0);
    expect(members()).toEqual([]);
    store.nodes = [registered('a', 1), registered('b', 3)];
    await clock.advance(LOOK_INTERVAL_MS);
    expect(members()).toEqual(['a http://10.0.0.1:1/mcp', 'b http://10.0.0.1:3/mcp']);
  });

  it('experiment 6: a store that is away or was emptied costs no healthy member', async () => {
    const { clock, discovery, store, members, told } = discover();
    store.nodes = [registered('a', 1)];
    discovery.start();
    await clock.advance(0);
    store.answer = 'not';
    await clock.advance(10 * LOOK_INTERVAL_MS);
    expect(members()).toEqual(['a http://10.0.0.1:1/mcp']);
    expect(told).toEqual(['no directory of nodes: those known stay']);

    Object.assign(store, { answer: 'well', nodes: [] });
    await clock.advance(LOOK_INTERVAL_MS);
    expect(members()).toEqual(['a http://10.0.0.1:1/mcp absent']);
    store.nodes = [registered('a', 1)];
    await clock.advance(LOOK_INTERVAL_MS);
    expect(members()).toEqual(['a http://10.0.0.1:1/mcp']);
    expect(told.at(-1)).toBe('the directory of nodes answers again');
  });

  it('takes a node that came back elsewhere for another member', async () => {
    const { clock, discovery, store, members } = discover();
    store.nodes = [registered('a', 1)];
    discovery.start();
    await clock.advance(0);
    store.nodes = [registered('a', 5)];
    await clock.advance(LOOK_INTERVAL_MS);
    expect(members()).toEqual(['a http://10.0.0.1:1/mcp absent', 'a http://10.0.0.1:5/mcp']);
  });

  it('asks a store that hangs once, and no store after the stop', async () => {
    const { clock, discovery, store, looks } = discover();
    store.answer = 'never';
    discovery.start();
    await clock.advance(10 * LOOK_INTERVAL_MS);
    expect(looks()).toBe(1);
    const stopped = discover();
    stopped.discovery.start();
    await stopped.discovery.stop();
    await stopped.clock.advance(10 * LOOK_INTERVAL_MS);
    expect(stopped.looks()).toBe(1);
  });
});
