// The examples of docs/tools.md on a real cluster, and the transcripts that the page shows.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { events, inSession, messages, stateless, type RpcMessage } from '../support/raw-http.js';
import { eventually, ROOT } from '../support/running.mjs';

const EXAMPLES = join(ROOT, 'docs/examples');
const BUILT = join(EXAMPLES, 'dist');
const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const YES = { action: 'accept', content: { confirm: true } };
/** More than compress_file makes its client wait for. */
const LONG_BYTES = 40_000_000;

/** The source that `download` knows: it sends a beginning, and the rest when the test says so. */
class SlowSource {
  private answering: ServerResponse | undefined;
  private readonly server: Server = createServer((_request, response) => {
    this.answering = response;
    response.writeHead(200, { 'content-length': 12 }).write('hello, ');
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }
  finish(): void {
    this.answering?.end('world');
  }
  /** Resolves when the node has closed its connection. */
  async left(): Promise<void> {
    await eventually('the download ends its connection', () => this.answering?.destroyed || undefined);
  }
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const source = new SlowSource();
let folder: string;
let cluster: Cluster;
beforeAll(async () => {
  if (!existsSync(BUILT)) throw new Error('docs/examples is not built: npm run build');
  folder = await mkdtemp(join(tmpdir(), 'doc-examples-'));
  await writeFile(join(folder, 'sources.json'), JSON.stringify({ here: await source.start() }));
  // Without a store, so that each progress report of these short calls is written: one that is kept elsewhere too may
  // be replaced by the next meanwhile.
  const env = { TOOLS_DIR: BUILT, DATA_DIR: folder };
  cluster = await startCluster({ nodes: 2, fixtures: false, env, args: ['--redis', 'none'] });
});
afterAll(async () => {
  await cluster.stop();
  source.stop();
  await rm(folder, { recursive: true });
});

const post = (request: RequestInit) => fetch(cluster.url, request);

/** A session of 2025-11-25 whose client can be asked. */
async function beginSession(): Promise<string> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: { elicitation: {} },
    clientInfo: { name: 'raw', version: '1' },
  };
  const { headers } = stateless('initialize');
  const { 'content-type': type, accept } = headers as Record<string, string>;
  const response = await post({
    method: 'POST',
    headers: { 'content-type': type!, accept: accept! },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await response.text();
  return response.headers.get('mcp-session-id')!;
}

const called = (session: string, name: string, args: object, options: { signal?: AbortSignal } = {}) =>
  inSession(
    session,
    { id: 1, method: 'tools/call', params: { name, arguments: args, _meta: { progressToken: 'p1' } } },
    options,
  );

const call = (name: string, args: object, options: Parameters<typeof stateless>[2] = {}) =>
  stateless('tools/call', { name, arguments: args }, options);

/** The one result of a request. */
async function resultOf(request: RequestInit): Promise<NonNullable<RpcMessage['result']>> {
  const answer = (await messages(await post(request))).at(-1);
  if (answer?.result === undefined) throw new Error(`no result: ${JSON.stringify(answer)}`);
  return answer.result;
}

/** What differs from run to run, under the names that the page uses. */
function readable(text: string): string {
  return text
    .replaceAll(/^id: [^.\n]+\.(\d+\.\d+)$/gm, 'id: STREAM.$1')
    .replaceAll(/"id":"[^"]+"/g, '"id":"QUESTION"')
    .replaceAll(/"requestState":"[^"]+"/g, '"requestState":"SEALED"')
    .replaceAll(/"taskId":"[^"]+"/g, '"taskId":"TASK"')
    .replaceAll(/"(createdAt|lastUpdatedAt)":"[^"]+"/g, '"$1":"2026-11-21T09:00:00.000Z"')
    .replaceAll(/"ttlMs":\d+/g, '"ttlMs":3600000')
    .replaceAll(/"compressedBytes":\d+/g, '"compressedBytes":38856')
    .replaceAll(/\b\d+ bytes instead of/g, '38856 bytes instead of')
    .replaceAll(/"mcp-cluster","version":"[^"]+"/g, '"mcp-cluster","version":"0.1.0"')
    .trim()
    .concat('\n');
}

/** Run with `vitest -u` to write the transcripts anew, then `npm run docs:generate`. */
const matchesTranscript = (text: string, name: string) =>
  expect(readable(text)).toMatchFileSnapshot(join(EXAMPLES, 'transcripts', `${name}.txt`));

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await writeFile(join(folder, name), content);
  await utimes(join(folder, name), new Date('2026-01-01'), new Date('2026-01-01'));
}

describe('the examples of docs/tools.md, served with TOOLS_DIR', () => {
  it('are listed beside the tools that come with the node', async () => {
    const { tools } = await resultOf(stateless('tools/list'));
    expect((tools as { name: string }[]).map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        'echo compress_file compress_folder count_words delete_file download hash_folder search_file summarise_file'.split(
          ' ',
        ),
      ),
    );
  });

  it('S03, S06: progress as a client of each era sees it', async () => {
    await put('tale.txt', 'It was the best of times, it was the worst of times.\n');
    const args = { file: 'tale.txt', chunkBytes: 32 };
    const response = await post(call('count_words', args, { progressToken: 'p1' }));
    await matchesTranscript(await response.text(), 'progress-2026-07-28');
    const session = await beginSession();
    const old = await post(called(session, 'count_words', args));
    await matchesTranscript(await old.text(), 'progress-2025-11-25');
  });

  it('S16: a closed stream cancels a download of 2026-07-28', async () => {
    const stop = new AbortController();
    const args = { source: 'here', file: 'book.txt' };
    const response = await post(call('download', args, { progressToken: 'p1', signal: stop.signal }));
    await events(response).next();
    stop.abort();
    await source.left();
    await eventually('nothing is left', async () => isTidy(await readdir(folder)));
  });

  it('S16: notifications/cancelled cancels a download of 2025, and its stream ends without an answer', async () => {
    const session = await beginSession();
    const stream = events(await post(called(session, 'download', { source: 'here', file: 'book.txt' })));
    await stream.next();
    await post(inSession(session, { method: 'notifications/cancelled', params: { requestId: 1, reason: 'enough' } }));
    expect(await stream.next()).toMatchObject({ done: true });
    await source.left();
    await eventually('nothing is left', async () => isTidy(await readdir(folder)));
  });

  it('S16: a closed stream of 2025 cancels nothing: the client comes back for the rest', async () => {
    const session = await beginSession();
    const stop = new AbortController();
    const args = { source: 'here', file: 'book.txt' };
    const response = await post(called(session, 'download', args, { signal: stop.signal }));
    let seen = '';
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    while (!seen.includes('"progress":7')) seen += (await reader.read()).value ?? '';
    stop.abort();
    source.finish();
    await eventually('the file is there', async () =>
      (await readdir(folder)).includes('book.txt') ? true : undefined,
    );
    const lastEventId = [...seen.matchAll(/^id: (.+)$/gm)].at(-1)![1]!;
    const { headers } = inSession(session, {}, { headers: { 'last-event-id': lastEventId } });
    const rest = await fetch(cluster.url, { headers: headers! });
    await matchesTranscript(await rest.text(), 'resumed-2025-11-25');
    expect(await readFile(join(folder, 'book.txt'), 'utf8')).toBe('hello, world');
  });

  it('asks before it deletes: 2026-07-28 by ending the call', async () => {
    await put('tale.txt', 'to be deleted');
    const capabilities = { elicitation: {} };
    const first = await (await post(call('delete_file', { file: 'tale.txt' }, { capabilities }))).text();
    await matchesTranscript(first, 'question-2026-07-28');
    const { result } = JSON.parse(first) as RpcMessage;
    const [key = ''] = Object.keys(result!['inputRequests'] as object);
    const again = {
      name: 'delete_file',
      arguments: { file: 'tale.txt' },
      inputResponses: { [key]: YES },
      requestState: result!['requestState'],
    };
    expect(await resultOf(stateless('tools/call', again, { capabilities }))).toMatchObject({
      structuredContent: { deleted: true },
    });
    expect(await readdir(folder)).not.toContain('tale.txt');
  });

  it('asks before it deletes: 2025 on the stream of the call', async () => {
    await put('tale.txt', 'to be deleted');
    const session = await beginSession();
    const response = await post(called(session, 'delete_file', { file: 'tale.txt' }));
    let seen = '';
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const asked = seen.includes('elicitation/create');
      seen += text;
      const id = /"id":("[^"]+"),"method":"elicitation\/create"/.exec(seen)?.[1];
      if (!asked && id !== undefined) await post(inSession(session, { id: JSON.parse(id) as string, result: YES }));
    }
    await matchesTranscript(seen, 'question-2025-11-25');
    expect(await readdir(folder)).not.toContain('tale.txt');
  });

  it('S13: long work becomes a task, and is polled', async () => {
    await put('long.bin', Buffer.alloc(LONG_BYTES));
    const handle = await (await post(call('compress_file', { file: 'long.bin' }, { capabilities: TASKS }))).text();
    await matchesTranscript(handle, 'task-2026-07-28');
    const { taskId } = (JSON.parse(handle) as RpcMessage).result!;
    const state = await eventually('the task has ended', async () => {
      const answer = await (await post(stateless('tasks/get', { taskId }, { id: 2, capabilities: TASKS }))).text();
      return answer.includes('"status":"working"') ? undefined : answer;
    });
    await matchesTranscript(state, 'task-ended-2026-07-28');
  });

  it('S13: every client can run a tool that is always a task, as a job', async () => {
    const session = await beginSession();
    const started = await resultOf(called(session, 'start_job', { tool: 'compress_folder' }));
    const { jobId } = started['structuredContent'] as { jobId: string };
    const done = await eventually('the job has ended', async () => {
      const { structuredContent } = await resultOf(called(session, 'check_status', { jobId }));
      const view = structuredContent as { status: string };
      return view.status === 'working' ? undefined : view;
    });
    expect(done).toMatchObject({ status: 'completed', isError: false, result: { failed: [] } });
  });

  it('links to what a bounded result left out', async () => {
    const { content, structuredContent } = await resultOf(call('hash_folder', { maxFiles: 1 }));
    expect(structuredContent).toMatchObject({ truncated: true });
    const { uri } = (content as { type: string; uri: string }[]).find(({ type }) => type === 'resource_link')!;
    const { contents } = await resultOf(stateless('resources/read', { uri }));
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
    const [{ text }] = contents as [{ text: string }];
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[1]),
    ).toEqual(names.slice(1));
  });
});

/** Whether a cancelled download left nothing behind. */
function isTidy(names: readonly string[]): true | undefined {
  return names.includes('book.txt') || names.some((name) => name.startsWith('.')) ? undefined : true;
}
