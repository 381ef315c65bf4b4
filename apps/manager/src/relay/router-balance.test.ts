import { CHECK_INTERVAL_MS, CHECK_TIMEOUT_MS, FAILURES_TO_DOWN } from '@mcp-cluster/cluster';
import { LocalError, seededRng } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/telemetry';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterNode, PANIC_TRIALS, PROOF_MS } from '../membership/cluster-node.js';
import { Membership } from '../membership/membership.js';
import { Router, type PickReason, type Takers } from './router.js';
import { RouterMetrics } from './router.metrics.js';

const link = {
  dispatch: () => {
    throw new LocalError('unused', 'routing sends nothing');
  },
  sever: () => undefined,
  close: () => undefined,
};
const stateless = { 'mcp-protocol-version': '2026-07-28' };
const nowhere = { ofSession: () => undefined, ofTask: () => undefined };

function nodes(count: number, clock = new VirtualClock()): ClusterNode[] {
  return Array.from({ length: count }, (_none, at) => {
    const id = `node-${String(at + 1)}`;
    const watch = { clock, answered: () => undefined, failed: () => undefined };
    return new ClusterNode({ key: id, id, origin: `http://${id}`, managementOrigin: `http://${id}` }, link, watch);
  });
}

function routerOver(clock: VirtualClock, ready: readonly ClusterNode[]): Router {
  return new Router({ ready, candidates: ready, nodes: () => ready }, nowhere, seededRng(3), { clock });
}

describe('routing by cost', () => {
  const clock = new VirtualClock();
  /** A call that the node answered after `ms`. */
  async function answer(node: ClusterNode, ms: number, status = 200): Promise<void> {
    const begunAt = node.begin('calls');
    await clock.advance(ms);
    node.firstByte('calls', begunAt, status);
    node.end('calls');
  }

  it.each([
    ['a stateless request', stateless],
    ['the request that begins a session', {}],
  ])('%s goes to the node that answers sooner', async (_what, headers) => {
    const [slow, quick] = nodes(2, clock) as [ClusterNode, ClusterNode];
    await answer(quick, 5);
    await answer(slow, 50);
    const router = routerOver(clock, [slow, quick]);
    for (let time = 0; time < 20; time += 1) expect(router.choose(headers, 'calls', undefined)).toBe(quick);
    // Nine more calls there cost more than one at the slow node.
    for (let call = 0; call < 10; call += 1) quick.begin('calls');
    expect(router.choose(headers, 'calls', undefined)).toBe(slow);
  });

  it.each([429, 500, 502, 503])('a node that answers %i at once does not look quick', async (status) => {
    const [refusing, working] = nodes(2, clock) as [ClusterNode, ClusterNode];
    await answer(working, 60);
    await answer(refusing, 0, status);
    const router = routerOver(clock, [refusing, working]);
    for (let time = 0; time < 20; time += 1) expect(router.choose(stateless, 'calls', undefined)).toBe(working);
  });

  it('a call whose client gave up after a minute tells that the node is slow', async () => {
    const [stuck, working] = nodes(2, clock) as [ClusterNode, ClusterNode];
    await answer(stuck, 60_000, 499);
    await answer(working, 60);
    const router = routerOver(clock, [stuck, working]);
    for (let time = 0; time < 20; time += 1) expect(router.choose(stateless, 'calls', undefined)).toBe(working);
  });

  it('what streams take does not count as the time of calls', async () => {
    const [node] = nodes(1, clock) as [ClusterNode];
    const begunAt = node.begin('streams');
    await clock.advance(5000);
    node.firstByte('streams', begunAt, 200);
    expect(node.load.rtt.measured).toBe(false);
  });
});

describe('routing in a panic', () => {
  /** One node is ready, the other two are out. */
  function panic(homes: Record<string, string> = {}) {
    const clock = new VirtualClock();
    const all = nodes(3, clock) as [ClusterNode, ClusterNode, ClusterNode];
    const homeOf = (id: string): string | undefined => homes[id];
    const takers = { ready: all.slice(0, 1), candidates: all, nodes: () => all };
    const router = new Router(takers, { ofSession: homeOf, ofTask: homeOf }, seededRng(5), { clock });
    const isHome = () => router.choose({ 'mcp-session-id': 's' }, 'calls', undefined)?.id === 'node-2';
    return { all, router, clock, isHome };
  }

  it('spreads over all nodes', () => {
    const { router } = panic();
    const picked = Array.from({ length: 60 }, () => router.choose(stateless, 'calls', undefined)?.id);
    expect(new Set(picked).size).toBe(3);
  });

  it('a node that is out gets a few calls until it answers one, then as many as others while it answers', async () => {
    const { all, router, clock, isHome } = panic({ s: 'node-2' });
    const begun = Array.from({ length: PANIC_TRIALS }, () => all[1].begin('calls'));
    expect(isHome()).toBe(false);
    for (let time = 0; time < 50; time += 1) expect(router.choose(stateless, 'calls', undefined)).not.toBe(all[1]);
    all[1].firstByte('calls', begun[0] ?? 0, 200);
    expect(isHome()).toBe(true);
    await clock.advance(PROOF_MS - 1);
    expect(isHome()).toBe(true);
    await clock.advance(1);
    expect(isHome()).toBe(false);
    all[1].firstByte('calls', begun[1] ?? 0, 200);
    expect(isHome()).toBe(true);
    all[1].callFailed();
    expect(isHome()).toBe(false);
  });

  it('what a node answered before it hung proves nothing when its checks have found that out', () => {
    expect(PROOF_MS).toBeLessThan((FAILURES_TO_DOWN - 1) * CHECK_INTERVAL_MS + CHECK_TIMEOUT_MS);
  });

  it('still tries each node at most once', () => {
    const { all, router } = panic();
    expect(router.choose(stateless, 'calls', all)).toBeUndefined();
  });
});

describe('why a request went where it did', () => {
  it('is counted by reason', async () => {
    const all = nodes(3) as [ClusterNode, ClusterNode, ClusterNode];
    const homes: Record<string, string> = { here: 'node-1', gone: 'node-9', t: 'node-2' };
    const homeOf = (id: string): string | undefined => homes[id];
    const registry = new Registry();
    const picks = new RouterMetrics(registry);
    const calm = { ready: all, candidates: all, nodes: () => all };
    const read = { ...stateless, 'mcp-method': 'resources/read', 'mcp-name': 'a://b' };
    // And on how many nodes it has failed.
    const requests: readonly (readonly [PickReason, Takers, Record<string, string>, number?])[] = [
      ['balanced', calm, stateless],
      ['balanced', calm, {}],
      ['cached', calm, read],
      ['spilled', calm, read, 1],
      ['spilled', calm, read, 2],
      ['session', calm, { 'mcp-session-id': 'here' }],
      ['rehomed', calm, { 'mcp-session-id': 'gone' }],
      ['rehomed', calm, { 'mcp-session-id': 'forged' }],
      ['task', calm, { ...stateless, 'mcp-method': 'tasks/get', 'mcp-name': 't' }],
      ['panic', { ...calm, ready: all.slice(2) }, { 'mcp-session-id': 'here' }],
      ['panic', { ...calm, ready: all.slice(2) }, read],
      ['none', { ready: [], candidates: [], nodes: () => [] }, stateless],
    ];
    for (const [, takers, headers, failures = 0] of requests) {
      const router = new Router(takers, { ofSession: homeOf, ofTask: homeOf }, seededRng(1), { picks });
      const home = new Router(calm, { ofSession: homeOf, ofTask: homeOf }, seededRng(1));
      const tried: ClusterNode[] = [];
      while (tried.length < failures) {
        const node = home.choose(headers, 'calls', tried);
        if (node !== undefined) tried.push(node);
      }
      router.choose(headers, 'calls', failures === 0 ? undefined : tried);
    }
    const text = await registry.metrics();
    for (const reason of new Set(requests.map(([one]) => one))) {
      const count = requests.filter(([one]) => one === reason).length;
      expect(text).toContain(`mcp_manager_picks_total{reason="${reason}"} ${String(count)}\n`);
    }
  });
});

describe('routing over a membership that changes', () => {
  const sizes = fc.integer({ min: 1, max: 12 });
  const what = fc.constantFrom('answers', 'fails', 'check fails', 'is checked', 'drains');
  const events = fc.array(fc.record({ at: fc.nat(11), what, times: fc.integer({ min: 1, max: 6 }) }), {
    maxLength: 60,
  });

  it('outside of a panic only ready nodes are chosen: none that is ejected, down, draining or starting', () => {
    fc.assert(
      fc.property(sizes, events, fc.integer(), (size, steps, seed) => {
        const clock = new VirtualClock();
        const membership = new Membership(clock, () => link);
        for (const { address } of nodes(size)) membership.join(address);
        const router = new Router(membership, nowhere, seededRng(seed), { clock });
        const status = (node: ClusterNode, state: 'ready' | 'draining') => ({
          ...node.report,
          id: node.id,
          state,
          mcpPort: 1,
        });
        for (const node of membership.nodes()) membership.answered(node, status(node, 'ready'));
        for (const step of steps) {
          const node = membership.nodes()[step.at % size];
          if (node === undefined) continue;
          for (let time = 0; time < step.times; time += 1) {
            if (step.what === 'answers') node.firstByte('calls', clock.monotonic(), 200);
            else if (step.what === 'fails') node.callFailed();
            else if (step.what === 'check fails') membership.checkFailed(node);
            else membership.answered(node, status(node, step.what === 'drains' ? 'draining' : 'ready'));
          }
          for (const headers of [stateless, { 'mcp-session-id': 's' }, {}]) {
            const chosen = router.choose(headers, 'calls', undefined);
            const state = chosen?.health.state;
            if (membership.panicking) expect(['ready', 'ejected', 'down', undefined]).toContain(state);
            else expect(state ?? 'ready').toBe('ready');
            expect(chosen === undefined).toBe(membership.candidates.length === 0);
          }
          const out = membership.nodes().filter((one) => one.health.state === 'ejected').length;
          expect(out).toBeLessThanOrEqual(Math.max(1, size / 10));
        }
      }),
    );
  });
});
