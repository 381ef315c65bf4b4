import { afterEach, describe, expect, it } from 'vitest';
import { DoorFixture, post } from './door-fixture.js';
import { echoing, FakeNode, type Answer } from './fake-node.js';

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function cluster(...answers: Answer[]): Promise<{ nodes: FakeNode[]; door: DoorFixture }> {
  const nodes = await Promise.all(answers.map((answer, at) => FakeNode.start(`node-${String(at + 1)}`, answer)));
  const door = await DoorFixture.open(nodes);
  toClose.push(...nodes.map((node) => () => node.kill()), () => {
    door.close();
  });
  return { nodes, door };
}

const silent: Answer = () => undefined;

describe('failover', () => {
  it('a node that refuses connections costs no answer, whatever the method', async () => {
    const { nodes, door } = await cluster(echoing('node-1'), echoing('node-2'));
    await nodes[0]?.kill();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_none, id) => fetch(door.url, post('tools/call', id)).then((r) => r.json())),
    );
    expect(answers).toEqual(answers.map((_one, id) => ({ jsonrpc: '2.0', id, result: { node: 'node-2' } })));
    expect(await door.registry.metrics()).toMatch(/mcp_manager_failovers_total\{reason="refused"\} [1-9]/);
  });

  it('a read goes to another node when its node dies with it', async () => {
    const { nodes, door } = await cluster(silent, silent);
    const answer = fetch(door.url, post('tools/list', 7));
    const first = await Promise.race(nodes.map((node) => node.got(1).then(() => node)));
    const second = nodes.find((node) => node !== first);
    await first.kill();
    await second?.got(1);
    expect(second?.seen[0]?.body).toBe(first.seen[0]?.body);
    await second?.kill();
    // Both nodes were tried once: now nobody is left.
    const response = await answer;
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32603, message: expect.any(String) as string, data: { reason: 'unreachable' } },
    });
  });

  it('a call whose node dies gets exactly one error that says the outcome is unknown', async () => {
    const { nodes, door } = await cluster(silent, silent);
    const answer = fetch(door.url, post('tools/call', 'call-1'));
    const first = await Promise.race(nodes.map((node) => node.got(1).then(() => node)));
    await first.kill();
    const response = await answer;
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 'call-1',
      error: { code: -32603, message: expect.stringContaining('was lost') as string, data: { outcome: 'unknown' } },
    });
    // The call was not given to anybody else.
    expect(nodes.map((node) => node.seen.length).sort()).toEqual([0, 1]);
    await door.relays.whenIdle();
    expect(door.membership.nodes().map((node) => node.inFlight)).toEqual([0, 0]);
  });

  it('an open event stream whose node dies ends with exactly one error event', async () => {
    const progress = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';
    const { nodes, door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(progress);
    });
    const response = await fetch(door.url, post('tools/call', 3));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(progress);
    await nodes[0]?.kill();
    let rest = '';
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) rest += read.value;
    const data = /^event: message\ndata: (.*)\n\n$/.exec(rest)?.[1];
    expect(JSON.parse(data ?? '')).toMatchObject({ id: 3, error: { code: -32603, data: { outcome: 'unknown' } } });
  });

  it('a stream that had its answer gets no second one', async () => {
    const result = 'event: message\ndata: {"jsonrpc":"2.0","id":3,"result":{}}\n\n';
    const { nodes, door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(result);
    });
    const response = await fetch(door.url, post('tools/call', 3));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe(result);
    await nodes[0]?.kill();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('half a JSON answer is no answer: the client gets one error', async () => {
    const { nodes, door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      res.write('{"jsonrpc":');
    });
    const answer = fetch(door.url, post('tools/call', 3));
    await nodes[0]?.got(1);
    await nodes[0]?.kill();
    const response = await answer;
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ id: 3, error: { code: -32603, data: { outcome: 'unknown' } } });
  });

  it('half of a large JSON answer breaks the connection instead of looking whole', async () => {
    const { nodes, door } = await cluster((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': String(2 * 1024 * 1024) });
      res.write('{"jsonrpc":');
    });
    const response = await fetch(door.url, post('tools/call', 3));
    await nodes[0]?.kill();
    await expect(response.text()).rejects.toThrow();
  });

  it('says so when there is no node', async () => {
    const { door } = await cluster();
    const response = await fetch(door.url, post('tools/call', 9));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ id: 9, error: { code: -32603, data: { reason: 'no_node' } } });
  });

  it('one client’s unsendable header takes no node down', async () => {
    const { door } = await cluster(echoing('node-1'));
    for (let id = 0; id < 5; id += 1) await fetch(door.url, post('tools/call', id, { 'x-odd': 'caf\u00e9\u0080' }));
    expect(door.membership.ready).toHaveLength(1);
  });
});
