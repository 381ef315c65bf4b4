import type { FakeNode } from '../cluster/fake-node.ts';
import { startFakeCluster } from '../cluster/fake-cluster.ts';
import { atLeast, atMost, exactly, type Experiment } from '../experiment.ts';
import { quick } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause } from '../workloads/time.ts';
import { statelessClients } from './clients.ts';
import { allAnswered, begunIn, ended, failures, longest } from './outcomes.ts';

/** A call that no node can take waits for one, five seconds at most. */
const LIMIT_MS = 8_000;
const PARKED_MS = 6_000;
const STORM_MS = 5_000;
/** They have to be whole again after five seconds; a little later is enough to see it. */
const QUIET_MS = 3_000;
const CAUGHT_MS = 500;
const WHOLE_MS = 2_000;
const RATE = 150;
/** 30 calls are under way at one time, so that a share of them means something. */
const REFUSAL_MS = 200;
/**
 * What may be sent again, as a share of the calls. Of what a node refuses: 20 % of what is under way, the retries among it,
 * which is a quarter. A node that hangs up in mid-call is failed over from, and failover has no budget: a third of all
 * calls may be on one node. Each call is given to each other node once at most.
 */
const MOST_RETRIES = { '503': 0.25, 'hangs up': 2 };

export const retryStorm: Experiment = {
  id: '26',
  title: 'all nodes answer 503 for 5 s; then all hang up on every call for 5 s',
  expected:
    'of what is refused ≤ 20 % of the calls under way again; each call has an answer, none hangs; whole again < 5 s after',
  run: async (lab) => {
    const { manager, nodes } = await startFakeCluster(lab, 3, REFUSAL_MS);
    const clients = statelessClients(20, [manager.url], lab.history);
    const load = new SteadyLoad(RATE, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(quick(LIMIT_MS));
    });
    await pause(2_000);
    const storms = [await storm(nodes, '503'), await storm(nodes, 'hangs up')];
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    return [
      ...storms.flatMap(({ manner, from, to, attempts }) => {
        const during = begunIn(calls, from, to);
        const retries = Math.max(0, attempts - during.length);
        lab.note(`${manner}: calls, and what reached the nodes`, [during.length, attempts]);
        // Not the last ones before the next storm, which may be caught in it.
        const after = begunIn(calls, to, to + QUIET_MS - CAUGHT_MS);
        const lastBad = Math.max(to, ...ended(after, 'error').map(({ startedAt }) => startedAt));
        return [
          atLeast(`${manner}: calls`, during.length, 100),
          atMost(`${manner}: retries`, retries / during.length, MOST_RETRIES[manner], 'of the calls'),
          atLeast(`${manner}: answered afterwards`, ended(after, 'result').length, 1),
          atMost(`${manner}: whole again`, lastBad - to, WHOLE_MS, 'ms'),
        ];
      }),
      exactly('calls without an answer', ended(calls, 'lost').length, 0),
      atMost('longest call', longest(calls), PARKED_MS, 'ms'),
    ];
  },
};

/** All nodes do the same wrong thing for a while, and are well for a while. */
async function storm(nodes: readonly FakeNode[], manner: '503' | 'hangs up') {
  const reached = (): number => nodes.reduce((sum, { calls }) => sum + calls, 0);
  const before = reached();
  const from = machineMs();
  for (const node of nodes) node.manner = manner;
  await pause(STORM_MS);
  const to = machineMs();
  const attempts = reached() - before;
  for (const node of nodes) node.manner = 'answers';
  await pause(QUIET_MS);
  return { manner, from, to, attempts };
}

export const panic: Experiment = {
  id: '27',
  title: 'the health check of every node fails, but the nodes answer',
  expected: 'calls are given to them all the same: none is refused',
  run: async (lab) => {
    const { manager, nodes } = await startFakeCluster(lab, 3);
    const clients = statelessClients(10, [manager.url], lab.history);
    const load = new SteadyLoad(30, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(quick(LIMIT_MS));
    });
    await pause(1_000);
    for (const node of nodes) node.healthy = false;
    await pause(6_000);
    const states = (await manager.nodes()).map(({ state }) => state);
    for (const node of nodes) node.healthy = true;
    await pause(1_000);
    const calls = await load.stop();
    lab.note('states while all checks failed', states);
    lab.note('failures', failures(calls));
    return [
      exactly('nodes that a check found well', states.filter((state) => state === 'ready').length, 0),
      atLeast('calls', calls.length, 100),
      allAnswered('calls that were not answered', calls),
    ];
  },
};

export const garbageNode: Experiment = {
  id: 'garbage-node',
  title: 'one of three nodes answers bytes that are no HTTP, then web pages',
  expected: 'each call a result or one clear error; few reach that node; the manager goes on',
  run: async (lab) => {
    const { manager, nodes } = await startFakeCluster(lab, 3);
    const clients = statelessClients(10, [manager.url], lab.history);
    const load = new SteadyLoad(40, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(quick(LIMIT_MS));
    });
    await pause(1_000);
    const [bad] = nodes;
    if (bad === undefined) throw new Error('no node');
    bad.manner = 'garbage';
    bad.hangUp();
    const before = bad.calls;
    await pause(5_000);
    const reached = bad.calls - before;
    lab.note('states under garbage', await manager.nodes());
    const to = machineMs();
    bad.manner = 'web page';
    bad.hangUp();
    await pause(4_000);
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    const withGarbage = begunIn(calls, 0, to);
    const withPages = begunIn(calls, to, Infinity);
    return [
      atLeast('calls', calls.length, 100),
      exactly('calls without an answer, of bytes', ended(withGarbage, 'lost').length, 0),
      exactly('calls without an answer, of web pages', ended(withPages, 'lost').length, 0),
      atMost('calls that reached it', reached, withGarbage.length / 4),
      atMost('longest call', longest(calls), 1_000, 'ms'),
      exactly('managers that died', manager.runs ? 0 : 1, 0),
    ];
  },
};
