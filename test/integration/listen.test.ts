import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { eventually } from '../support/running.mjs';

let cluster: Cluster;
const clients: Client[] = [];
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(() => cluster.stop());

async function connect(url: string): Promise<Client> {
  const versionNegotiation = { mode: { pin: '2026-07-28' } };
  const client = new Client({ name: 'listen-test', version: '1' }, { versionNegotiation });
  clients.push(client);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** Counts what a client hears. */
function count(client: Client): { tools: number; prompts: number } {
  const heard = { tools: 0, prompts: 0 };
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    heard.tools += 1;
  });
  client.setNotificationHandler('notifications/prompts/list_changed', () => {
    heard.prompts += 1;
  });
  return heard;
}

const trigger = (client: Client, kind: 'tool' | 'prompt') =>
  client.callTool({ name: `test_trigger_${kind}_change`, arguments: {} });

describe('subscriptions/listen, through the manager', () => {
  it('hears a change that a call on either node made, once each', async () => {
    const listener = await connect(cluster.url);
    const heard = count(listener);
    const subscription = await listener.listen({ toolsListChanged: true });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    const nodes = await cluster.nodes();
    expect(nodes).toHaveLength(2);
    for (const [index, { url, id }] of nodes.entries()) {
      await trigger(await connect(url), 'tool');
      await eventually(`the change made on ${id} is heard`, () => (heard.tools === index + 1 ? true : undefined));
    }
    await subscription.close();
    expect(await subscription.closed).toBe('local');
    // Nothing came twice, and nothing that was not asked for.
    expect(heard).toEqual({ tools: 2, prompts: 0 });
  });

  it('hears only what it subscribed to', async () => {
    const listener = await connect(cluster.url);
    const heard = count(listener);
    await listener.listen({ promptsListChanged: true });
    const caller = await connect(cluster.url);
    await trigger(caller, 'tool');
    await trigger(caller, 'prompt');
    await eventually('the change of the prompts is heard', () => (heard.prompts === 1 ? true : undefined));
    expect(heard.tools).toBe(0);
  });

  it('a listener that goes away leaves no stream behind', async () => {
    const streams = async () => (await cluster.statuses()).reduce((sum, status) => sum + status.streams, 0);
    const before = await streams();
    const listener = await connect(cluster.url);
    const subscription = await listener.listen({ toolsListChanged: true });
    expect(await streams()).toBe(before + 1);
    await subscription.close();
    await eventually('the stream is closed', async () => ((await streams()) === before ? true : undefined));
  });
});

it('a stopping cluster ends its listeners in good order', async () => {
  const other = await startCluster({ nodes: 2 });
  const listener = await connect(other.url);
  const subscription = await listener.listen({ toolsListChanged: true });
  await other.stop();
  expect(await subscription.closed).toBe('graceful');
});
