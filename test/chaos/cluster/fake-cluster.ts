import type { Lab } from '../experiment.ts';
import { FakeNode } from './fake-node.ts';
import { freePorts } from './free-ports.ts';
import { ManagerProcess } from './manager-process.ts';
import { soon } from '../workloads/time.ts';

/** Unused by any process: nodes that are none check no key. */
const CLUSTER_KEY = 'chaos-suite-key-of-a-fixed-list-of-nodes-00000000';

/** A manager with a fixed list of nodes that are none. */
export async function startFakeCluster(
  lab: Lab,
  count: number,
  refusalMs = 0,
): Promise<{ manager: ManagerProcess; nodes: FakeNode[] }> {
  const [port = 0, admin = 0, management = 0, nodePort = 0, nodeManagement = 0] = await freePorts(5);
  const nodes: FakeNode[] = [];
  for (let at = 1; at <= count; at += 1)
    nodes.push(
      await FakeNode.start(`fake${at}`, `127.0.2.${at}`, { mcp: nodePort, management: nodeManagement }, refusalMs),
    );
  lab.onEnd(() => Promise.all(nodes.map((node) => node.close())));
  const urls = nodes.map(({ host }) => `http://${host}:${nodePort}`).join(',');
  const manager = new ManagerProcess({
    id: 'm1',
    ports: { port, admin, management },
    redisUrl: 'none',
    env: { CLUSTER_KEY },
    args: ['--discovery', 'static', '--nodes-urls', urls, '--nodes-management-port', String(nodeManagement)],
  });
  lab.onEnd(() => manager.end());
  await manager.start();
  const ready = async (): Promise<true | undefined> => {
    const states = (await manager.nodes()).map(({ state }) => state);
    return states.length === count && states.every((state) => state === 'ready') ? true : undefined;
  };
  if ((await soon(10_000, ready)) === undefined)
    throw new Error(`the manager does not take the nodes for ready\n${manager.lastWords}`);
  return { manager, nodes };
}
