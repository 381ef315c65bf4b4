import { tagOf } from '../checker/tags.ts';
import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import { atLeast, atMost, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { appendOnce, quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { sessionClients, spreadOver, statelessClients } from './clients.ts';
import { allAnswered, failures, longest } from './outcomes.ts';
import { beganOn, busiest } from './takeover.ts';

const LIMIT_MS = 20_000;
const OUT_MS = 3_000;

interface Fault {
  begin(node: NodeProcess): void;
  end(node: NodeProcess): void;
}

export const nodeFrozen: Experiment = {
  id: '5',
  title: 'a node hangs (SIGSTOP) with calls on it, and goes on later',
  expected: 'out of rotation < 3 s; its calls end elsewhere; what it says and writes when it goes on is refused',
  run: (lab) =>
    hang(lab, {
      begin: (node) => void node.freeze(),
      end: (node) => {
        node.thaw();
      },
    }),
};

export const nodeHalfOpen: Experiment = {
  id: '5-half-open',
  title: 'the network between managers and a node swallows everything, and is mended later',
  expected: 'out of rotation < 3 s; its calls end elsewhere; nothing is said twice',
  run: (lab) =>
    hang(lab, {
      begin: (node) => {
        for (const network of node.networks) network.blackhole();
      },
      end: (node) => {
        for (const network of node.networks) network.pass();
      },
    }),
};

async function hang(lab: Lab, fault: Fault): Promise<Claim[]> {
  const cluster = await lab.start({ networks: true });
  const readers = [
    ...statelessClients(12, cluster.urls, lab.history, 'r'),
    ...(await sessionClients(12, cluster.urls, lab.history)),
  ];
  const writers = statelessClients(9, cluster.urls, lab.history, 'w');
  const quickOnes = statelessClients(8, cluster.urls, lab.history, 'q');
  const load = new SteadyLoad(20, lab.rng, (n) => nth(quickOnes, n).call(quick(LIMIT_MS)));
  const reads = spreadOver(
    lab.rng,
    300,
    readers.map((client) => () => client.call(slowRead(30, 100, LIMIT_MS))),
  );
  // Their effect comes while the node hangs, or when it goes on.
  const writes = spreadOver(
    lab.rng,
    300,
    writers.map((client) => () => client.call(appendOnce(2_000, 500, LIMIT_MS))),
  );
  await pause(1_000 + lab.rng.next() * 500);
  const victim = await busiest(cluster.nodes);
  const at = machineMs();
  fault.begin(victim);
  const outMs = await untilOut(cluster, victim, at);
  const records = await reads;
  const written = await writes;
  // Until everything that ran on it has ended for the clients: only then its late words would be heard.
  const before = lab.history.events.length;
  fault.end(victim);
  await cluster.whole();
  await pause(1_500);
  const calls = await load.stop();
  const hit = beganOn(cluster, victim.pid, at);
  lab.note('writes on the node', written.filter((one) => hit.has(tagOf(one.client, one.request))).length);
  lab.note('reads on the node', records.filter((one) => hit.has(tagOf(one.client, one.request))).length);
  lab.note('failures', failures([...records, ...written, ...calls]));
  lab.note('lines of history after the end of the fault', lab.history.events.length - before);
  return [
    atMost('out of rotation', outMs, OUT_MS, 'ms'),
    atLeast('reads that it had', hit.size, 1),
    allAnswered('reads without a result', records),
    exactly('writes without an answer', written.filter(({ outcome }) => outcome?.ended === 'lost').length, 0),
    allAnswered('short calls that failed', calls),
    atMost('longest short call', longest(calls), OUT_MS, 'ms'),
    lab.checked(cluster),
  ];
}

/** Milliseconds until the manager gives the node no more calls; NaN when it always does. */
async function untilOut(cluster: ChaosCluster, node: NodeProcess, since: number): Promise<number> {
  const out = await soon(15_000, async () => {
    const view = (await cluster.manager.nodes()).find(({ id }) => id === node.name);
    return view?.state === 'ready' ? undefined : true;
  });
  return out === undefined ? Number.NaN : machineMs() - since;
}

function nth<T>(items: readonly T[], n: number): T {
  const item = items[n % items.length];
  if (item === undefined) throw new Error('none');
  return item;
}
