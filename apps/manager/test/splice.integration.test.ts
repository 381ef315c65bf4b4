import { randomInt, seededRng } from '@mcp-cluster/kernel';
import { ClusterKey, SplicePass } from '@mcp-cluster/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { DoorFixture, KEY, post, sealedSession } from './door-fixture.js';
import { echoing, FakeNode, json, type Answer } from './fake-node.js';
import { dyingAfter, eventsOf, repeatingTool, sharedStream } from './dying-nodes.js';

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function cluster(...answers: Answer[]): Promise<{ nodes: FakeNode[]; door: DoorFixture }> {
  const nodes = await Promise.all(answers.map((answer, at) => FakeNode.start(`node-${String(at + 1)}`, answer)));
  for (const node of nodes) node.tools = [{ name: 'read', annotations: { readOnlyHint: true } }, { name: 'write' }];
  const door = await DoorFixture.open(nodes);
  toClose.push(...nodes.map((node) => () => node.kill()), () => {
    door.close();
  });
  while (nodes.every((node) => node.listed === 0)) await new Promise((resolve) => setImmediate(resolve));
  return { nodes, door };
}

function call(tool: string, headers: Record<string, string> = {}): RequestInit {
  const params = { name: tool, _meta: { progressToken: 'p' } };
  return {
    ...post('tools/call', 7, headers),
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }),
  };
}

const STEPS = 6;
const passes = new SplicePass(ClusterKey.from(KEY), seededRng(1));

/** What must be true of a stream whichever nodes died. */
function check(text: string, what: string): void {
  const messages = eventsOf(text);
  const progress = messages.flatMap(({ params }) => params?.progress ?? []);
  expect(progress, what).toEqual([...new Set(progress)].sort((a, b) => a - b));
  expect(messages.filter(({ id }) => id !== undefined).length, what).toBe(1);
  expect(messages.at(-1), what).toMatchObject({ id: 7, result: { done: true } });
}

describe('S03: a call survives its node, whatever byte that dies at', () => {
  it('a read-only tool of 2026-07-28: every byte of its stream, one by one', async () => {
    const length = repeatingTool(undefined, STEPS).length;
    let killAt = 0;
    let calls = 0;
    const answer: Answer = (req, res) => {
      const pass = passes.open(String(req.headers['x-request-id']), String(req.headers['x-internal-splice'] ?? ''));
      calls += 1;
      const text = repeatingTool(pass?.progressAbove, STEPS);
      dyingAfter(res, pass === undefined ? killAt : Infinity, text, seededRng(killAt));
    };
    const { door } = await cluster(answer, answer);
    for (killAt = 0; killAt < length; killAt += 1) {
      const response = await fetch(door.url, call('read'));
      check(await response.text(), `killed at byte ${String(killAt)}`);
    }
    expect(calls).toBe(2 * length);
    expect(door.membership.ready).toHaveLength(2);
  });

  it('split anywhere, killed anywhere, up to three times, in both eras', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const rng = seededRng(seed);
      const inSession = seed % 2 === 0;
      let kills = 1 + randomInt(rng, 3);
      const stream = sharedStream(STEPS);
      const answer: Answer = (req, res) => {
        const pass = passes.open(String(req.headers['x-request-id']), String(req.headers['x-internal-splice'] ?? ''));
        const from = req.headers['last-event-id'];
        const text = inSession ? stream.after(from as string | undefined) : repeatingTool(pass?.progressAbove, STEPS);
        const killAt = kills > 0 ? randomInt(rng, text.length) : Infinity;
        kills -= 1;
        dyingAfter(res, killAt, text, rng);
      };
      const { door } = await cluster(answer, answer, answer, answer);
      const headers = { 'mcp-session-id': sealedSession('node-1'), 'mcp-protocol-version': '2025-11-25' };
      const response = await fetch(door.url, call('read', inSession ? headers : {}));
      const text = await response.text();
      check(text, `seed ${String(seed)}`);
      if (inSession) expect(text.match(/^data: \{/gm), `seed ${String(seed)}`).toHaveLength(STEPS + 1);
      for (const close of toClose.splice(0).reverse()) await close();
    }
  });

  it('a JSON answer that dies in the middle: another node gives the whole', async () => {
    const { door } = await cluster(
      (req, res, body) => {
        if (req.headers['x-internal-splice'] !== undefined) {
          echoing('node-1')(req, res, body);
          return;
        }
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '4000' });
        res.write('{"jsonrpc":"2.0"', () => res.destroy());
      },
      (req, res, body) => {
        if (req.headers['x-internal-splice'] !== undefined) {
          echoing('node-2')(req, res, body);
          return;
        }
        res.destroy();
      },
    );
    for (let time = 0; time < 20; time += 1) {
      const response = await fetch(door.url, call('read'));
      expect(await response.json()).toMatchObject({ id: 7, result: {} });
    }
  });
});

describe('S08: streams that stand', () => {
  it('a killed node’s listen streams and GET streams go on elsewhere, and their clients do not notice', async () => {
    const ack = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}\n\n';
    const change = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
    const open: { write(text: string): void }[] = [];
    const answer: Answer = (req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const spliced = req.headers['x-internal-splice'] !== undefined || req.headers['last-event-id'] !== undefined;
      res.write(req.method === 'GET' ? `id: s.${spliced ? '2' : '1'}.1\n${change}` : ack);
      if (spliced) open.push({ write: (text) => res.write(text) });
    };
    const { nodes, door } = await cluster(answer, answer);
    const session = { 'mcp-session-id': sealedSession('node-1'), 'mcp-protocol-version': '2025-11-25' };
    const responses = [
      await fetch(door.url, { headers: { ...session, accept: 'text/event-stream' } }),
      ...(await Promise.all(Array.from({ length: 9 }, () => fetch(door.url, post('subscriptions/listen', 1))))),
    ];
    const readers = responses.map((response) => response.body!.pipeThrough(new TextDecoderStream()).getReader());
    const texts = await Promise.all(readers.map(async (reader) => (await reader.read()).value));
    const onFirst = nodes[0]!.seen.length;
    await nodes[0]!.kill();
    while (open.length < onFirst) await new Promise((resolve) => setImmediate(resolve));
    for (const one of open) one.write(change);
    expect(texts.filter((text) => text === ack)).toHaveLength(9);
    const next = await readers[0]!.read();
    expect(next.value).toContain('id: s.2.1');
    expect(nodes[1]!.seen.find(({ method }) => method === 'GET')?.headers['last-event-id']).toBe('s.1.1');
    expect(door.relays.standingStreams).toBe(10);
    const metrics = await door.registry.metrics();
    expect(metrics).toContain(`mcp_manager_splices_total{kind="listen",outcome="completed"} ${String(onFirst - 1)}`);
    await Promise.all(readers.map((reader) => reader.cancel()));
  });
});

describe('many calls at once', () => {
  it('S03: two hundred read-only calls of a killed node all get their answers', async () => {
    let held: (() => void)[] = [];
    const answer: Answer = (req, res, body) => {
      if (req.headers['x-internal-splice'] === undefined && held.length < 200)
        held.push(() => {
          json(res, {});
        });
      else echoing('other')(req, res, body);
    };
    const { nodes, door } = await cluster(answer, answer, answer);
    const answers = Array.from({ length: 200 }, () => fetch(door.url, call('read')));
    while (held.length < 200) await new Promise((resolve) => setImmediate(resolve));
    const lost = nodes[0]!.seen.length;
    expect(lost).toBeGreaterThan(20);
    await nodes[0]!.kill();
    while (nodes.slice(1).reduce((sum, node) => sum + node.seen.length, 0) < 200)
      await new Promise((resolve) => setImmediate(resolve));
    for (const release of held) release();
    held = [];
    const statuses = await Promise.all(answers.map(async (one) => (await one).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
