import { tagOf } from '../checker/tags.ts';
import { atLeast, atMost, exactly, type Experiment } from '../experiment.ts';
import { appendKeyed, appendOnce, quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause } from '../workloads/time.ts';
import { sessionClients, spreadOver, statelessClients } from './clients.ts';
import { allAnswered, failures, longest } from './outcomes.ts';
import { beganOn, busiest } from './takeover.ts';

const LIMIT_MS = 20_000;
const CUT_MS = 5_000;

export const nodeWithoutRedis: Experiment = {
  id: '10',
  title: 'a node is cut off from Redis, with sessions’ streams, writes and keyed writes on it',
  expected: 'it loses its lease and what it says late is refused; no write runs twice; every call is answered',
  run: async (lab) => {
    const cluster = await lab.start({ networks: true });
    const readers = await sessionClients(15, cluster.urls, lab.history);
    const writers = [
      ...statelessClients(6, cluster.urls, lab.history, 'w'),
      ...(await sessionClients(6, cluster.urls, lab.history, 'sw')),
    ];
    const keyed = statelessClients(9, cluster.urls, lab.history, 'key');
    const reads = spreadOver(
      lab.rng,
      300,
      readers.map((client) => () => client.call(slowRead(40, 100, LIMIT_MS))),
    );
    const writes = spreadOver(
      lab.rng,
      300,
      writers.map((client) => () => client.call(appendOnce(2_000, 1_000, LIMIT_MS))),
    );
    const keyedWrites = spreadOver(
      lab.rng,
      300,
      keyed.map((client) => () => client.call(appendKeyed(`${client.name}-k`, 2_000, 1_000, LIMIT_MS))),
    );
    await pause(1_000 + lab.rng.next() * 500);
    const victim = await busiest(cluster.nodes);
    const at = machineMs();
    victim.redisNetwork?.blackhole();
    await pause(CUT_MS);
    // The clients come back with the same keys while the node is still cut off.
    const again = await Promise.all(
      keyed.map((client) => client.call(appendKeyed(`${client.name}-k`, 2_000, 1_000, LIMIT_MS))),
    );
    victim.redisNetwork?.pass();
    const records = await reads;
    const written = [...(await writes), ...(await keyedWrites)];
    const hit = beganOn(cluster, victim.pid, at);
    lab.note('calls on the node', hit.size);
    lab.note('reads on the node', records.filter((one) => hit.has(tagOf(one.client, one.request))).length);
    lab.note('failures', failures([...records, ...written]));
    lab.note('outcomes of the second tries', failures(again));
    await cluster.whole();
    return [
      atLeast('calls that it had', hit.size, 1),
      allAnswered('reads without a result', records),
      exactly('writes without an answer', written.filter(({ outcome }) => outcome?.ended === 'lost').length, 0),
      lab.checked(cluster),
    ];
  },
};

export const managerWithoutRedis: Experiment = {
  id: '10-manager',
  title: 'one of two managers is cut off from Redis',
  expected: 'the calls of its clients go on: a node that a manager cannot find any more stays while it is healthy',
  run: async (lab) => {
    const cluster = await lab.start({ networks: true, managers: 2 });
    const [cutOff] = cluster.managers;
    const clients = statelessClients(8, cluster.urls, lab.history);
    const sessions = await sessionClients(4, cluster.urls, lab.history);
    const load = new SteadyLoad(25, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(n % 5 === 0 ? slowRead(5, 100, LIMIT_MS) : quick(LIMIT_MS), n % 2);
    });
    await pause(1_000);
    cutOff?.redisNetwork?.blackhole();
    await pause(lab.long ? 20_000 : CUT_MS);
    const inSessions = await Promise.all(sessions.map((session) => session.call(slowRead(5, 100, LIMIT_MS))));
    cutOff?.redisNetwork?.pass();
    await pause(1_000);
    const calls = await load.stop();
    lab.note('failures', failures([...calls, ...inSessions]));
    await cluster.whole();
    return [
      atLeast('calls', calls.length, 50),
      allAnswered('calls that failed', [...calls, ...inSessions]),
      atMost('longest call', longest(calls), 2_000, 'ms'),
      lab.checked(cluster),
    ];
  },
};
