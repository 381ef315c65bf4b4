import type { NodeStatus } from '@mcp-cluster/cluster';
import { LocalError } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/telemetry';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import type { ClusterNode } from './cluster-node.js';
import { Membership } from './membership.js';
import { membershipMetrics } from './membership.metrics.js';

const link = {
  dispatch: () => {
    throw new LocalError('unused', 'no request is sent in these tests');
  },
  sever: () => undefined,
  close: () => undefined,
};

/** Nodes n-0, n-1 … that are ready. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly registry = new Registry();
  readonly membership = new Membership(this.clock, () => link);
  readonly changes: string[] = [];

  constructor(size: number) {
    membershipMetrics(this.registry, this.membership);
    for (let at = 0; at < size; at += 1) {
      const key = `n-${String(at)}`;
      this.membership.join({ key, id: key, origin: `http://${key}`, managementOrigin: `http://${key}` });
      this.check(at, 'ready');
    }
    this.membership.onChange((node, from, to) => this.changes.push(`${node.id} ${from} → ${to}`));
  }

  node(at: number): ClusterNode {
    const node = this.membership.nodes()[at];
    if (node === undefined) throw new LocalError('no_node', `no member ${String(at)}`);
    return node;
  }

  check(at: number, state: NodeStatus['state']): void {
    const node = this.node(at);
    this.membership.answered(node, { ...node.report, id: node.id, state, mcpPort: 1 });
  }

  checksFail(at: number): void {
    for (let check = 0; check < 3; check += 1) this.membership.checkFailed(this.node(at));
  }

  call(at: number, status: number): void {
    const node = this.node(at);
    node.firstByte('calls', node.begin('calls'), status);
    node.end('calls');
  }

  calls(at: number, ...statuses: number[]): void {
    for (const status of statuses) this.call(at, status);
  }

  state(at: number): string {
    return this.node(at).health.state;
  }

  get states(): string[] {
    return this.membership.nodes().map((node) => node.health.state);
  }
}

describe('ejection', () => {
  it('a node that answers its checks and fails five calls in a row is ejected, for 30 s', async () => {
    const cluster = new Cluster(3);
    cluster.calls(0, 500, 500, 500, 500);
    expect(cluster.state(0)).toBe('ready');
    cluster.call(0, 500);
    expect(cluster.states).toEqual(['ejected', 'ready', 'ready']);
    expect(cluster.membership.ready).not.toContain(cluster.node(0));
    // Its checks go on passing, which says nothing: they passed while its calls failed.
    for (let at = 0; at < 29_500; at += 500) {
      await cluster.clock.advance(500);
      cluster.check(0, 'ready');
      expect(cluster.state(0)).toBe('ejected');
    }
    await cluster.clock.advance(500);
    cluster.check(0, 'ready');
    expect(cluster.changes).toEqual(['n-0 ready → ejected', 'n-0 ejected → ready']);
    // It comes back with the share of a new node.
    expect(cluster.node(0).load.share(cluster.clock.monotonic())).toBeCloseTo(0.1);
  });

  it('the second ejection lasts 60 s', async () => {
    const cluster = new Cluster(3);
    for (const seconds of [30, 60]) {
      for (let call = 0; call < 5; call += 1) cluster.node(0).callFailed();
      await cluster.clock.advance(seconds * 1000 - 1);
      cluster.check(0, 'ready');
      expect(cluster.state(0)).toBe('ejected');
      await cluster.clock.advance(1);
      cluster.check(0, 'ready');
      expect(cluster.state(0)).toBe('ready');
    }
  });

  it.each([200, 202, 400, 404, 429, 503, 499])('a status of %i is no failure of the node', (status) => {
    const cluster = new Cluster(3);
    for (let call = 0; call < 50; call += 1) cluster.call(0, status);
    expect(cluster.state(0)).toBe('ready');
  });

  it('an answer in between starts the count again; busy or abandoned calls do not', () => {
    const cluster = new Cluster(3);
    cluster.calls(0, 500, 500, 500, 500, 200, 500, 500, 500, 500);
    expect(cluster.state(0)).toBe('ready');
    cluster.calls(0, 429, 503, 499, 502);
    expect(cluster.state(0)).toBe('ejected');
  });

  it('ejects a tenth at most, but always one, and never the only node', () => {
    const fail = (cluster: Cluster): number => {
      for (let at = 0; at < cluster.states.length; at += 1) cluster.calls(at, 500, 500, 500, 500, 500, 500);
      return cluster.states.filter((state) => state === 'ejected').length;
    };
    expect([1, 2, 3, 20, 39].map((size) => fail(new Cluster(size)))).toEqual([0, 1, 1, 2, 3]);
  });

  it('an ejected node can be down and can drain, and comes back mended when its process was another one', () => {
    const cluster = new Cluster(3);
    cluster.calls(0, 500, 500, 500, 500, 500);
    cluster.checksFail(0);
    expect(cluster.state(0)).toBe('down');
    cluster.check(0, 'ready');
    expect(cluster.state(0)).toBe('ready');
    cluster.calls(0, 500, 500, 500, 500, 500);
    expect(cluster.state(0)).toBe('ejected');
    cluster.check(0, 'starting');
    cluster.check(0, 'ready');
    expect(cluster.state(0)).toBe('ready');
    cluster.calls(0, 500, 500, 500, 500, 500);
    cluster.check(0, 'draining');
    expect(cluster.state(0)).toBe('draining');
  });

  it('calls of a draining node that fail do not change its state, nor do those of one that left', () => {
    const cluster = new Cluster(3);
    cluster.check(0, 'draining');
    const [node] = cluster.membership.nodes();
    for (let call = 0; call < 6; call += 1) node?.callFailed();
    expect(cluster.state(0)).toBe('draining');
    cluster.membership.leave('n-0');
    for (let call = 0; call < 6; call += 1) node?.callFailed();
    expect(cluster.changes).toEqual(['n-0 ready → draining', 'n-0 draining → left']);
  });

  it('is counted by what failed', async () => {
    const cluster = new Cluster(30);
    const family = async (): Promise<string> => cluster.registry.getSingleMetricAsString('mcp_manager_ejections_total');
    expect(await family()).toContain('{reason="unreachable"} 0');
    cluster.calls(0, 500, 500, 500, 500, 500);
    for (let call = 0; call < 9; call += 1) cluster.node(1).callFailed();
    expect(await family()).toContain('{reason="server_error"} 1');
    expect(await family()).toContain('{reason="unreachable"} 1');
  });
});

describe('panic', () => {
  it('below half of the nodes ready all are in the choice that would take calls (experiment 27)', async () => {
    const cluster = new Cluster(4);
    const gauge = async (): Promise<string> => cluster.registry.getSingleMetricAsString('mcp_manager_panic');
    cluster.checksFail(0);
    cluster.checksFail(1);
    expect(cluster.membership.panicking).toBe(false);
    expect(cluster.membership.candidates).toBe(cluster.membership.ready);
    expect(await gauge()).toMatch(/ 0$/m);
    cluster.checksFail(2);
    expect(cluster.membership.panicking).toBe(true);
    expect(cluster.membership.candidates).toHaveLength(4);
    expect(cluster.membership.ready).toHaveLength(1);
    expect(await gauge()).toMatch(/ 1$/m);
    cluster.checksFail(3);
    expect(cluster.membership.candidates).toHaveLength(4);
    for (const at of [0, 1]) cluster.check(at, 'ready');
    expect(cluster.membership.candidates).toBe(cluster.membership.ready);
  });

  it('nodes that start or drain are neither counted nor chosen', () => {
    const cluster = new Cluster(5);
    for (const at of [0, 1, 2]) cluster.check(at, at === 0 ? 'starting' : 'draining');
    expect(cluster.membership.panicking).toBe(false);
    cluster.checksFail(3);
    cluster.checksFail(4);
    expect(cluster.membership.candidates.map(({ id }) => id)).toEqual(['n-3', 'n-4']);
    for (const at of [3, 4]) cluster.check(at, 'draining');
    expect(cluster.membership.candidates).toEqual([]);
  });

  it('ends when the nodes that are out leave', () => {
    const cluster = new Cluster(3);
    for (const at of [0, 1]) cluster.checksFail(at);
    expect(cluster.membership.panicking).toBe(true);
    for (const key of ['n-0', 'n-1']) cluster.membership.markAbsent(key);
    expect(cluster.membership.panicking).toBe(false);
  });
});
