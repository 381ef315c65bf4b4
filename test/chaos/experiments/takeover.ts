import type { ChaosCluster, ToolNote } from '../cluster/chaos-cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';

/** The node with the most calls now. */
export async function busiest(nodes: readonly NodeProcess[]): Promise<NodeProcess> {
  const loads = await Promise.all(nodes.map(async (node) => ({ node, load: (await node.status()).inFlight })));
  const [most] = loads.toSorted((first, second) => second.load - first.load);
  if (most === undefined) throw new Error('no nodes');
  return most.node;
}

/** Calls that were begun again, by tag: every run of each, in its order. */
function repeated(cluster: ChaosCluster): ToolNote[][] {
  const byTag = new Map<string, ToolNote[]>();
  for (const run of cluster.toolRuns()) byTag.set(run.tag, [...(byTag.get(run.tag) ?? []), run]);
  return [...byTag.values()].filter((runs) => runs.length > 1);
}

/**
 * Milliseconds from a fault to the moment in which the tool ran again on another node, for each call that it hit. Work
 * that has to be done again comes on top; it depends on the tool.
 */
export function takeovers(cluster: ChaosCluster, faultAt: number, victimPid: number): number[] {
  return repeated(cluster).flatMap((runs) => {
    const after = runs.find(({ at, pid }) => at >= faultAt && pid !== victimPid);
    return after !== undefined && runs[0]?.pid === victimPid ? [after.at - faultAt] : [];
  });
}

/** Runs that were begun on a node before the fault and that had not ended: by their tags. */
export function beganOn(cluster: ChaosCluster, pid: number, beforeAt: number): Set<string> {
  return new Set(
    cluster
      .toolRuns()
      .filter((run) => run.pid === pid && run.at < beforeAt)
      .map(({ tag }) => tag),
  );
}
