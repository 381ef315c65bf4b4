import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFrames } from '@mcp-cluster/testkit/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, startNode, type Cluster, type Served } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { echo, messages, stateless } from '../support/raw-http.js';
import { RawSession, sendUnread } from '../support/raw-session.js';
import { eventually, NODE, ROOT, Running } from '../support/running.mjs';
import { closed, readSlowly } from '../support/slow-reading.js';
import { answersIn, expectRising, placeOf } from '../support/stream-answers.js';

const STALL_MS = 1_000;
/** 35 MB, several times what the buffers of loopback connections take. */
const FLOOD = { events: 100_000, seconds: 2 };
/** What may wait for one reader: a budget, as much again of what must not be dropped, and one message. */
const MAX_WAITING_BYTES = 2 * 128 * 1024 + 64 * 1024;
const STALLED = { kind: 'call', reason: 'stalled' };

let folder: string;
let node: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slow-readers-'));
  // A line of its own number each, so that a lost or doubled piece is seen.
  const lines = Array.from({ length: 400_000 }, (_none, at) => `${String(at).padStart(60, '.')}\n`);
  await writeFile(join(folder, 'large.log'), lines.join(''));
  node = await startNode({
    args: ['--tools', `${ROOT}bench/subjects/streaming`],
    env: { STALL_MS: String(STALL_MS), LOGS_DIR: folder, LOG_SUMMARY_BYTES: '67108864' },
  });
});
afterAll(async () => {
  await node.stop();
  await rm(folder, { recursive: true });
});

/** One of a revision’s calls with progress, of whose answer nothing is read. */
type Begin = (url: string, method: string, params: Record<string, unknown>) => Promise<IncomingMessage>;

const beginStateless: Begin = (url, method, params) => {
  const { headers, body } = stateless(method, params, { progressToken: 1 });
  return sendUnread(url, 'POST', headers as Record<string, string>, JSON.parse(body as string) as object);
};
const beginInSession: Begin = async (url, method, params) => {
  const session = await RawSession.begin(url);
  const call = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { progressToken: 1 } } };
  return sendUnread(url, 'POST', session.headers, call);
};
const REVISIONS = [
  ['2026-07-28', beginStateless],
  ['2025-11-25', beginInSession],
] as const;

const flood = { name: 'flood', arguments: FLOOD };

/** Answers other callers and looks at what waits, until `over`; gives the most that waited. */
async function meanwhile(url: string, managementUrl: string, over: () => Promise<boolean>): Promise<number> {
  let most = 0;
  do {
    const [answer] = await messages(await fetch(url, echo('meanwhile')));
    expect(answer).toMatchObject({ result: { content: [{ text: 'meanwhile' }] } });
    most = Math.max(most, (await scrape(managementUrl)).sum('mcp_node_stream_buffered_bytes'));
  } while (!(await over()));
  return most;
}

describe.each(REVISIONS)('S20: a node’s reader of %s', (_revision, begin) => {
  it('S20: that stops to read is closed; it costs its budget and nobody else', async () => {
    const stalled = async () => (await scrape(node.managementUrl)).sum('mcp_node_streams_closed_total', STALLED);
    const before = await stalled();
    const response = await begin(node.url, 'tools/call', flood);
    const most = await meanwhile(node.url, node.managementUrl, async () => (await stalled()) > before);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    const how = closed(response);
    response.resume();
    expect(await how).toBe('cut');
    const { text } = await scrape(node.managementUrl);
    expect(text).toMatch(/^mcp_node_stream_buffered_bytes 0$/m);
  });

  it('S20: that reads a little at a time is not closed; progress is left out, the result is not', async () => {
    const response = await begin(node.url, 'tools/call', flood);
    const reading = readSlowly(response, 20);
    let behind = false;
    await meanwhile(node.url, node.managementUrl, async () => {
      const stalled = (await scrape(node.managementUrl)).sum('mcp_node_streams_stalled');
      behind ||= stalled > 0;
      return (await inFlight()) === 0;
    });
    expect(behind).toBe(true);
    reading.hurry();
    const frames = readFrames(await reading.whole).flatMap(({ message }) => message ?? []);
    expect(frames.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'reported 100000 times' }] } });
    const seen = frames.slice(0, -1).map(({ params }) => (params as { progress: number }).progress);
    expectRising(seen);
    expect(seen.at(-1)).toBe(FLOOD.events);
    expect(seen.length).toBeLessThan(FLOOD.events);
  });

  it('S12, S20: a large result after progress arrives whole at a slow reader', async () => {
    const response = await begin(node.url, 'resources/read', { uri: 'logs://large.log' });
    const reading = readSlowly(response, 20);
    // Longer than a reader that takes nothing is borne.
    await eventually('it has read for a while', () => (reading.bytes > 8 * 1024 * 1024 ? true : undefined), {
      withinMs: 30_000,
    });
    reading.hurry();
    const last = readFrames(await reading.whole).at(-1)?.message?.result as { contents: [{ text: string }] };
    const sum = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
    expect(sum(last.contents[0].text)).toBe(sum(await readFile(join(folder, 'large.log'))));
  });
});

async function inFlight(): Promise<number> {
  const response = await fetch(`${node.managementUrl}/readyz`);
  return ((await response.json()) as { inFlight: number }).inFlight;
}

it('S16, S20: a session’s reader that was closed comes back for its result', async () => {
  const session = await RawSession.begin(node.url);
  const answer = await session.callTool('flood', FLOOD);
  const stalled = async () => (await scrape(node.managementUrl)).sum('mcp_node_streams_closed_total', STALLED);
  const before = await stalled();
  await eventually('it is closed', async () => ((await stalled()) > before ? true : undefined), { withinMs: 30_000 });
  await expect(answer.text()).rejects.toThrow();
  const back = await session.get(placeOf(answer));
  await back.text();
  expect(answersIn(back)).toMatchObject([{ id: 1, result: { content: [{ text: 'reported 100000 times' }] } }]);
});

describe('S20: through the manager', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const env = { STALL_MS: String(STALL_MS), TOOLS_DIR: `${ROOT}bench/subjects/streaming` };
    // With a store, progress of a session is written no faster than it is kept: too little to stall a reader.
    cluster = await startCluster({ nodes: 2, env, args: ['--redis', 'none'] });
  });
  afterAll(() => cluster.stop());

  it.each(REVISIONS)(
    'S20: readers of %s that stop are closed, and no node is blamed for it',
    async (_revision, begin) => {
      const ids = (await cluster.nodes()).map(({ id }) => id);
      const stalled = async () => {
        const all = await Promise.all(ids.map((id) => scrape(cluster.nodeManagementUrl(id))));
        return all.reduce((sum, metrics) => sum + metrics.sum('mcp_node_streams_closed_total', STALLED), 0);
      };
      const wanted = 4 + (await stalled());
      const readers = await Promise.all(Array.from({ length: 4 }, () => begin(cluster.url, 'tools/call', flood)));
      for (const id of ids)
        expect(
          await meanwhile(cluster.url, cluster.nodeManagementUrl(id), async () => (await stalled()) === wanted),
        ).toBeLessThanOrEqual(readers.length * MAX_WAITING_BYTES);
      for (const reader of readers) {
        const reading = readSlowly(reader, 1_000);
        reading.hurry();
        const text = await reading.whole.catch(() => '');
        expect(text).not.toContain('"result":');
      }
      expect(cluster.logs().filter(({ msg, to }) => msg.includes('changed its state') && to === 'down')).toEqual([]);
      await cluster.running(0);
    },
  );
});

describe('S20: on stdin and stdout', () => {
  it('S20: a parent that stops to read is not read from; every answer is there once when it reads on', async () => {
    const child = new Running(NODE, [`${ROOT}apps/node/dist/main.js`, '--stdio'], { stdin: 'pipe' });
    const { stdin, stdout } = child.child;
    const send = (message: object) => new Promise((resolve) => stdin!.write(`${JSON.stringify(message)}\n`, resolve));
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    await send({ jsonrpc: '2.0', id: 'first', method: 'initialize', params });
    await child.line((line) => line.includes('"first"'), { what: 'answer to initialize' });
    stdout!.pause();
    const calls = 2_000;
    const text = 'x'.repeat(4_096);
    let taken = 0;
    const sending = (async () => {
      for (let id = 0; id < calls; id += 1) {
        await send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'echo', arguments: { text } } });
        taken += 1;
      }
    })();
    await eventually(
      'it takes nothing any more',
      idle(child.pid!, () => taken),
    );
    // What it has answered and nobody read, and what the three pipes and the stream of its input hold.
    expect(taken * text.length).toBeLessThan(2 * 1024 * 1024);
    expect(taken).toBeGreaterThan(10);
    stdout!.resume();
    await sending;
    await send({ jsonrpc: '2.0', id: 'last', method: 'ping' });
    await child.line((line) => line.includes('"last"'), { what: 'last answer' });
    const ids = child.stdout.map((line) => (JSON.parse(line) as { id: unknown }).id);
    expect(ids).toHaveLength(calls + 2);
    expect(new Set(ids).size).toBe(calls + 2);
    stdin!.end();
    expect(await child.end()).toMatchObject({ code: 0 });
  });
});

/** True when a process has used no processor time since it was asked before, and the count stands still. */
function idle(pid: number, count: () => number): () => Promise<true | undefined> {
  let last = '';
  let times = 0;
  return async () => {
    const [, , ...fields] = (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).split(' ');
    const now = `${fields[11]!} ${fields[12]!} ${String(count())}`;
    times = now === last ? times + 1 : 0;
    last = now;
    return times >= 20 ? true : undefined;
  };
}
