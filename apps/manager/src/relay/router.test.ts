import { LocalError, seededRng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { ClusterNode } from '../membership/cluster-node.js';
import { MAX_CALL_CONNECTIONS, MAX_WAITING_CALLS } from '../upstream/upstream.js';
import { requestKind } from './request-kind.js';
import { Router } from './router.js';
import { rememberHomes } from './session-homes.js';

const link = {
  dispatch: () => {
    throw new LocalError('unused', 'routing sends nothing');
  },
  sever: () => undefined,
  close: () => undefined,
};

function nodes(count: number): ClusterNode[] {
  return Array.from({ length: count }, (_none, at) => {
    const id = `node-${String(at + 1)}`;
    return new ClusterNode({ key: id, id, origin: `http://${id}`, managementOrigin: `http://${id}` }, link);
  });
}

function routerOver(ready: readonly ClusterNode[], homes: Record<string, string> = {}): Router {
  return routerOverAll(ready, ready, homes);
}

/** Sessions and tasks have their homes in one record: their ids never meet. */
function routerOverAll(
  ready: readonly ClusterNode[],
  members: readonly ClusterNode[],
  homes: Record<string, string> = {},
): Router {
  const homeOf = (id: string): string | undefined => homes[id];
  return new Router(
    { ready, candidates: ready, nodes: () => members },
    { ofSession: homeOf, ofTask: homeOf },
    seededRng(3),
  );
}

const stateless = { 'mcp-protocol-version': '2026-07-28' };

describe('routing by headers', () => {
  it('gives a stateless request to the less busy of two', () => {
    const [busy, idle] = nodes(2);
    busy?.begin('calls');
    const router = routerOver([busy, idle].filter((node) => node !== undefined));
    for (let request = 0; request < 20; request += 1) expect(router.choose(stateless, 'calls', undefined)).toBe(idle);
  });

  it('gives a session’s request to its home, however busy', () => {
    const all = nodes(3);
    for (let call = 0; call < 100; call += 1) all[2]?.begin('calls');
    const router = routerOver(all, { s: 'node-3' });
    expect(router.choose({ 'mcp-session-id': 's' }, 'calls', undefined)?.id).toBe('node-3');
  });

  it('ignores a session id that comes with the stateless revision', () => {
    const [home, other] = nodes(2);
    home?.begin('calls');
    const router = routerOver(
      [home, other].filter((node) => node !== undefined),
      { s: 'node-1' },
    );
    expect(router.choose({ ...stateless, 'mcp-session-id': 's' }, 'calls', undefined)?.id).toBe('node-2');
  });

  it('gives an id that does not open always to the same node, which answers 404', () => {
    const router = routerOver(nodes(5));
    const picks = Array.from(
      { length: 20 },
      () => router.choose({ 'mcp-session-id': 'forged' }, 'calls', undefined)?.id,
    );
    expect(new Set(picks).size).toBe(1);
  });

  it('tries each node at most once', () => {
    const all = nodes(3);
    for (const headers of [stateless, { 'mcp-session-id': 's' }]) {
      const router = routerOver(all, { s: 'node-2' });
      const tried: ClusterNode[] = [];
      for (let node = router.choose(headers, 'calls', tried); node; node = router.choose(headers, 'calls', tried))
        tried.push(node);
      expect(new Set(tried).size).toBe(3);
      expect(tried).toHaveLength(3);
    }
  });

  it('passes a full node by, and has no answer when all are full', () => {
    const [full, free] = nodes(2);
    for (let call = 0; call < MAX_CALL_CONNECTIONS + MAX_WAITING_CALLS; call += 1) full?.begin('calls');
    const pair = [full, free].filter((node) => node !== undefined);
    expect(routerOver(pair, { s: 'node-1' }).choose({ 'mcp-session-id': 's' }, 'calls', undefined)).toBe(free);
    expect(routerOver(pair.slice(0, 1)).choose(stateless, 'calls', undefined)).toBeUndefined();
    // Streams have connections of their own.
    expect(routerOver(pair.slice(0, 1)).choose(stateless, 'streams', undefined)).toBe(full);
  });
});

describe('S13: routing of requests about a task', () => {
  const about = (method: string, headers: Record<string, string>): Record<string, string> => ({
    ...stateless,
    'mcp-method': method,
    ...headers,
  });
  const sentinel = (id: string): string => `=?base64?${Buffer.from(id).toString('base64')}?=`;
  const requests = [
    ...['tasks/get', 'tasks/update', 'tasks/cancel'].map((method) => about(method, { 'mcp-name': 't' })),
    about('tasks/get', { 'mcp-name': sentinel('t') }),
    about('tools/call', { 'mcp-name': 'check_status', 'mcp-param-task-id': 't' }),
    about('tools/call', { 'mcp-name': 'cancel_job', 'mcp-param-task-id': sentinel('t') }),
  ];

  it.each(requests)('S13: goes to the node that made the task, however busy: $mcp-method $mcp-name', (headers) => {
    const all = nodes(4);
    for (let call = 0; call < 100; call += 1) all[2]?.begin('calls');
    const router = routerOver(all, { t: 'node-3' });
    for (let time = 0; time < 10; time += 1) expect(router.choose(headers, 'calls', undefined)?.id).toBe('node-3');
  });

  it.each([
    ['another tool argument', about('tools/call', { 'mcp-name': 't', 'mcp-param-region': 't' })],
    ['another method’s name', about('prompts/get', { 'mcp-name': 't' })],
    ['another method’s argument', about('resources/read', { 'mcp-param-task-id': 't' })],
    ['a forged id', about('tasks/get', { 'mcp-name': 'forged' })],
    ['a broken sentinel', about('tasks/get', { 'mcp-name': '=?base64?%%%?=' })],
    ['the shortest of sentinels', about('tasks/get', { 'mcp-name': '=?base64?=' })],
    ['no id', about('tasks/get', {})],
    ['an older revision', { 'mcp-method': 'tasks/get', 'mcp-name': 't', 'mcp-protocol-version': '2025-11-25' }],
  ])('S13: %s leads nowhere: the less busy node gets it', (_what, headers) => {
    const [busy, idle] = nodes(2);
    busy?.begin('calls');
    const router = routerOver(
      [busy, idle].filter((node) => node !== undefined),
      { t: 'node-1' },
    );
    for (let time = 0; time < 10; time += 1) expect(router.choose(headers, 'calls', undefined)?.id).toBe('node-2');
  });

  it('S13: a draining node is still asked for its tasks', () => {
    const [draining, other] = nodes(2) as [ClusterNode, ClusterNode];
    draining.health = { state: 'draining', failures: 0 };
    const router = routerOverAll([other], [draining, other], { t: 'node-1' });
    expect(router.choose(about('tasks/get', { 'mcp-name': 't' }), 'calls', undefined)?.id).toBe('node-1');
    // It refused: it has closed its port in the meantime.
    expect(router.choose(about('tasks/get', { 'mcp-name': 't' }), 'calls', [draining])?.id).toBe('node-2');
  });

  it.each(['down', 'starting', 'ejected'] as const)('S13: a task whose node is %s goes to any node', (state) => {
    const [lost, other] = nodes(2) as [ClusterNode, ClusterNode];
    lost.health = { state, failures: 0 };
    const router = routerOverAll([other], [lost, other], { t: 'node-1', u: 'node-9' });
    for (const task of ['t', 'u'])
      expect(router.choose(about('tasks/get', { 'mcp-name': task }), 'calls', undefined)?.id).toBe('node-2');
  });

  it('S13: a full home refuses for now; no other node says that there is no such task', () => {
    const [full, free] = nodes(2) as [ClusterNode, ClusterNode];
    for (let call = 0; call < MAX_CALL_CONNECTIONS + MAX_WAITING_CALLS; call += 1) full.begin('calls');
    const router = routerOver([full, free], { t: 'node-1' });
    expect(router.choose(about('tasks/get', { 'mcp-name': 't' }), 'calls', undefined)).toBeUndefined();
  });

  it('S13: a home that was tried is not tried again, nor any other node', () => {
    const router = routerOver(nodes(3), { t: 'node-2' });
    const tried: ClusterNode[] = [];
    for (const headers of Array.from({ length: 4 }, () => about('tasks/get', { 'mcp-name': 't' }))) {
      const node = router.choose(headers, 'calls', tried);
      if (node !== undefined) tried.push(node);
    }
    expect(tried[0]?.id).toBe('node-2');
    expect(tried.map((node) => node.id).sort()).toEqual(['node-1', 'node-2', 'node-3']);
  });
});

describe('kinds of requests', () => {
  it.each([
    ['POST', 'tools/call', 'tools/call', 'calls'],
    ['POST', 'tools/list', 'tools/list', 'calls'],
    ['POST', 'tasks/get', 'tasks/get', 'calls'],
    ['POST', 'subscriptions/listen', 'subscriptions/listen', 'streams'],
    ['POST', 'made/up', '_other', 'calls'],
    ['POST', undefined, '_other', 'calls'],
    ['GET', undefined, 'GET', 'streams'],
    ['DELETE', undefined, 'DELETE', 'calls'],
  ])('%s with %s', (http, header, method, lane) => {
    const headers = header === undefined ? {} : { 'mcp-method': header };
    expect(requestKind(http, headers)).toMatchObject({ method, lane });
  });
});

describe('homes of sessions', () => {
  it('opens an id once, and does not keep ids that do not open or are long', () => {
    const opened: string[] = [];
    const homeOf = rememberHomes((id) => {
      opened.push(id);
      return id.startsWith('bad') ? undefined : 'node-1';
    });
    const long = 'x'.repeat(2000);
    for (let time = 0; time < 2; time += 1) for (const id of ['good', 'bad', long]) homeOf(id);
    expect(opened).toEqual(['good', 'bad', long, 'bad', long]);
  });
});
