import { appendKeyed, appendOnce, slowRead } from '../workloads/call-plan.ts';
import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import { exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import type { CallRecord } from '../workloads/history-recorder.ts';
import { soon } from '../workloads/time.ts';
import { sessionClients, statelessClients } from './clients.ts';
import { allAnswered, ended, failures } from './outcomes.ts';

const LIMIT_MS = 10_000;
/** Times that the calls are made until one gets to the point. */
const ROUNDS = 10;
/** Points of the write path at which a node kills itself, and which calls get there. */
const POINTS = {
  'stream.opened': 'sessions',
  'stream.primed': 'sessions',
  'stream.answered': 'sessions',
  'ledger.claimed': 'keys',
  'ledger.settled': 'keys',
} as const;

export const failpoints: Experiment = {
  id: '3',
  title: `a node dies at each point of the write path: ${Object.keys(POINTS).join(', ')}`,
  expected: 'at each point: every read a result, every write one effect at most, every request one answer',
  run: async (lab) => {
    const cluster = await lab.start();
    const claims: Claim[] = [];
    for (const [point, work] of Object.entries(POINTS)) claims.push(...(await dieAt(lab, cluster, point, work)));
    return [...claims, lab.checked(cluster)];
  },
};

async function dieAt(lab: Lab, cluster: ChaosCluster, point: string, work: 'sessions' | 'keys'): Promise<Claim[]> {
  const node = cluster.node('n1');
  await node.terminate();
  await node.start({ MCP_FAILPOINTS: point });
  await cluster.whole();
  const records: CallRecord[] = [];
  // A node that has just started is given few calls at first.
  for (let round = 0; round < ROUNDS && node.runs; round += 1) {
    const prefix = `${point.replace('.', '-')}-${round}`;
    records.push(...(await (work === 'sessions' ? inSessions(lab, cluster, prefix) : withKeys(lab, cluster, prefix))));
  }
  const died = await soon(1_000, () => Promise.resolve(node.runs ? undefined : true));
  if (node.runs) await node.kill();
  await node.start({});
  await cluster.whole();
  const writes = records.filter(({ client }) => client.startsWith('w'));
  const reads = records.filter(({ client }) => !client.startsWith('w'));
  if (ended(records, 'result').length < records.length) lab.note(`failures at ${point}`, failures(records));
  return [
    exactly(`${point}: the node died there`, died === true ? 1 : 0, 1),
    ...(reads.length === 0 ? [] : [allAnswered(`${point}: reads without a result`, reads)]),
    exactly(`${point}: writes without an answer`, ended(writes, 'lost').length, 0),
  ];
}

async function inSessions(lab: Lab, cluster: ChaosCluster, prefix: string): Promise<CallRecord[]> {
  const readers = await sessionClients(6, cluster.urls, lab.history, `r-${prefix}-`);
  const writers = await sessionClients(6, cluster.urls, lab.history, `w-${prefix}-`);
  return Promise.all([
    ...readers.map((client) => client.call(slowRead(3, 50, LIMIT_MS))),
    ...writers.map((client) => client.call(appendOnce(50, 50, LIMIT_MS))),
  ]);
}

/** Each is sent once more after it failed, as a client does that does not know. */
async function withKeys(lab: Lab, cluster: ChaosCluster, prefix: string): Promise<CallRecord[]> {
  const writers = statelessClients(9, cluster.urls, lab.history, `w-${prefix}-`);
  const calls = await Promise.all(
    writers.map(async (client) => {
      const plan = appendKeyed(`${client.name}-k`, 20, 20, LIMIT_MS);
      const first = await client.call(plan);
      return first.outcome?.ended === 'result' ? [first] : [first, await client.call(plan)];
    }),
  );
  return calls.flat();
}
