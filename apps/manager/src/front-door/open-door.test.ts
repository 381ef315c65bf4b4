import { seededRng, systemClock } from '@mcp-cluster/kernel';
import { ANONYMOUS, ClusterKey, TaskSeal } from '@mcp-cluster/protocol';
import { createLogger, Registry } from '@mcp-cluster/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { post } from '../../test/door-fixture.js';
import { echoing, FakeNode, type Answer } from '../../test/fake-node.js';
import { Membership } from '../membership/membership.js';
import { Upstream } from '../upstream/upstream.js';
import { openDoor } from './open-door.js';

const KEY = 'a key of thirty-two bytes or more';
const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** A door in front of node-1, node-2 …; `taskOf` gives the id of a task that a node with the cluster's key made. */
async function cluster(...answers: Answer[]) {
  const nodes = await Promise.all(answers.map((answer, at) => FakeNode.start(`node-${String(at + 1)}`, answer)));
  const membership = new Membership(systemClock, (address) => new Upstream(address.origin));
  const { door } = openDoor({
    membership,
    clusterKey: KEY,
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    registry: new Registry(),
    logger: createLogger({ app: 'manager', nodeId: 'test', level: 'silent' }),
    clock: systemClock,
    rng: seededRng(1),
  });
  for (const { id, origin } of nodes) membership.join({ key: id, id, origin, managementOrigin: origin });
  for (const node of membership.nodes())
    membership.answered(node, { ...node.report, id: node.id, state: 'ready', mcpPort: 0 });
  const port = await door.listen(0, '127.0.0.1');
  toClose.push(...nodes.map((node) => () => node.kill()), () => {
    door.stopAccepting();
    door.cut();
    for (const node of membership.nodes()) membership.leave(node.address.key);
  });
  const seal = new TaskSeal(ClusterKey.from(KEY), seededRng(2));
  const taskOf = (home: string): string => seal.close(home, ANONYMOUS);
  return { nodes, membership, url: `http://127.0.0.1:${String(port)}/mcp`, taskOf };
}

const nodeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { result?: { node?: string } }).result?.node;

describe('the door and tasks', () => {
  it('S13: polls, answers, cancellations and the tools for jobs reach the node that made the task', async () => {
    const { url, taskOf } = await cluster(...['node-1', 'node-2', 'node-3'].map(echoing));
    for (const home of ['node-3', 'node-1']) {
      const task = taskOf(home);
      for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'])
        expect(await nodeOf(await fetch(url, post(method, 1, { 'mcp-name': task })))).toBe(home);
      for (const tool of ['check_status', 'cancel_job']) {
        const headers = { 'mcp-name': tool, 'mcp-param-task-id': task };
        expect(await nodeOf(await fetch(url, post('tools/call', 1, headers)))).toBe(home);
      }
    }
  });

  it('S13: an id sealed with another key leads to no node in particular', async () => {
    const { nodes, url } = await cluster(...['node-1', 'node-2'].map(echoing));
    const foreign = new TaskSeal(ClusterKey.from('another key of thirty-two bytes..'), seededRng(3));
    const headers = { 'mcp-name': foreign.close('node-1', ANONYMOUS) };
    await Promise.all(
      Array.from({ length: 40 }, (_none, id) => fetch(url, post('tasks/get', id, headers)).then((r) => r.text())),
    );
    for (const node of nodes) expect(node.seen.length).toBeGreaterThan(5);
  });

  it.each(['tasks/get', 'tasks/update', 'tasks/cancel'])(
    'S13: %s whose node dies with it goes to another one, which knows what to say',
    async (method) => {
      const { nodes, url, taskOf } = await cluster(() => undefined, echoing('node-2'));
      const answer = fetch(url, post(method, 1, { 'mcp-name': taskOf('node-1') }));
      await nodes[0]?.got(1);
      await nodes[0]?.kill();
      expect(await nodeOf(await answer)).toBe('node-2');
    },
  );

  it('S13: a call of check_status whose node dies with it is lost: the door cannot know what a tool does', async () => {
    const { nodes, url, taskOf } = await cluster(() => undefined, echoing('node-2'));
    const headers = { 'mcp-name': 'check_status', 'mcp-param-task-id': taskOf('node-1') };
    const answer = fetch(url, post('tools/call', 1, headers));
    await nodes[0]?.got(1);
    await nodes[0]?.kill();
    expect((await answer).status).toBe(502);
    expect(nodes[1]?.seen).toEqual([]);
  });
});
