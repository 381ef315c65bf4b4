import { InMemoryTransport, type JSONRPCRequest } from '@modelcontextprotocol/client';
import { yieldToEventLoop } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Options } from './command-line.js';
import { connectOver, TASKS_EXTENSION } from './connection.js';
import { QuestionDesk, type Person } from './question-desk.js';
import type { Session } from './session.js';
import { call, complete, list, read } from './verbs.js';

type Answer = (params: Record<string, unknown>, report: (params: object) => void) => object;

const TOOL = { name: 'work', inputSchema: { type: 'object', properties: { rows: { type: 'integer' } } } };
const TASK = { taskId: 't-1', createdAt: '2026-11-01T00:00:00Z', lastUpdatedAt: '2026-11-01T00:00:00Z', ttlMs: 60_000 };
const LIST = { ttlMs: 0, cacheScope: 'private' };

/** A server of revision 2026-07-28 that answers as it is told, and notes what it was asked. */
async function scripted(answers: Record<string, Answer>, { person, task = true }: { person?: Person; task?: boolean }) {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const asked: JSONRPCRequest[] = [];
  const all: Record<string, Answer> = {
    'server/discover': () => ({
      ...LIST,
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {}, extensions: { [TASKS_EXTENSION]: {} } },
    }),
    'tools/list': () => ({ ...LIST, tools: [TOOL] }),
    ...answers,
  };
  theirs.onmessage = (message) => {
    if (!('id' in message) || !('method' in message)) return;
    asked.push(message);
    const params = message.params ?? {};
    const progressToken = params._meta?.progressToken;
    const reports: object[] = [];
    const report = (progress: object) => {
      reports.push(progress);
      void theirs.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, ...progress } });
    };
    const result = { resultType: 'complete', ...all[message.method]?.(params, report) };
    const reply = () => theirs.send({ jsonrpc: '2.0', id: message.id, result });
    // The SDK's client handles a notification a moment later than a response: one that comes in between is lost to it.
    void (reports.length > 0 ? yieldToEventLoop().then(reply) : reply());
  };
  await theirs.start();
  const clock = new VirtualClock();
  const written = { out: '', status: '' };
  const screen = (name: 'out' | 'status') => ({ write: (text: string) => (written[name] += text) });
  const desk = new QuestionDesk(screen('status'), person);
  const options: Options = { url: 'memory:', command: undefined, era: 'auto', json: false, task, timeoutMs: 60_000 };
  const connection = await connectOver(ours, options, desk);
  const interrupt = new AbortController();
  const session: Session = {
    ...{ connection, options, connectMs: 1, clock, desk, signal: interrupt.signal },
    ...{ out: screen('out'), status: screen('status') },
  };
  const methods = () => asked.map(({ method }) => method).filter((method) => method !== 'server/discover');
  return { session, written, asked, methods, interrupt };
}

const working = (statusMessage: string) => ({ ...TASK, status: 'working', statusMessage, pollIntervalMs: 5_000 });
const become = () => ({ ...working('begun'), resultType: 'task' });
const done = (text: string) => ({
  ...TASK,
  status: 'completed',
  result: { resultType: 'complete', content: [{ type: 'text', text }] },
});

// The tasks session polls with timers of its own, which no Clock reaches.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('S13: a call that becomes a task', () => {
  it('is polled as the server says, with its messages on the line, to its result', async () => {
    const states = [working('rows 5 of 10'), working('rows 5 of 10'), done('ten rows')];
    const { session, written, methods, asked } = await scripted(
      { 'tools/call': become, 'tasks/get': () => states.shift()! },
      {},
    );
    const called = call(session, 'work', ['rows=10']);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(methods()).toEqual(['tools/list', 'tools/call']);
    await vi.advanceTimersByTimeAsync(1);
    expect(methods()).toEqual(['tools/list', 'tools/call', 'tasks/get']);
    // The state that is final says nothing of an interval: the two before it do.
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await called).toBe(true);
    expect(written.out).toBe('ten rows\n');
    const [begun, half, end, timings] = written.status.split('\n');
    expect([begun, half, end]).toEqual([
      'task working: begun (0 ms)',
      'task working: rows 5 of 10 (0 ms)',
      'task completed (0 ms)',
    ]);
    expect(timings).toMatch(/0 progress events · \d task states$/);
    const capabilities = asked.at(-1)?.params?._meta?.['io.modelcontextprotocol/clientCapabilities'];
    expect(capabilities).toEqual({ extensions: { [TASKS_EXTENSION]: {} } });
  });

  it('is cancelled once by Ctrl-C', async () => {
    const { session, methods, interrupt, written } = await scripted(
      { 'tools/call': become, 'tasks/get': () => working('on'), 'tasks/cancel': () => ({}) },
      {},
    );
    const called = call(session, 'work', []);
    const failed = expect(called).rejects.toThrow('interrupted: the task was cancelled');
    await vi.advanceTimersByTimeAsync(5_000);
    interrupt.abort(new Error('interrupted'));
    await vi.advanceTimersByTimeAsync(20_000);
    await failed;
    expect(methods().filter((method) => method === 'tasks/cancel')).toHaveLength(1);
    expect(written.status).toContain('cancelling (0 ms)\n');
  });

  it('has its questions answered by the person', async () => {
    const form = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };
    const question = {
      method: 'elicitation/create',
      params: { mode: 'form', message: 'Sure?', requestedSchema: form },
    };
    let answered: unknown;
    const { session, written } = await scripted(
      {
        'tools/call': become,
        'tasks/get': () =>
          answered === undefined
            ? { ...working('asks'), status: 'input_required', inputRequests: { q: question } }
            : done('answered'),
        'tasks/update': (params) => {
          answered = params['inputResponses'];
          return {};
        },
      },
      { person: { ask: () => Promise.resolve('yes') } },
    );
    const called = call(session, 'work', []);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await called).toBe(true);
    expect(answered).toEqual({ q: { action: 'accept', content: { sure: true } } });
    expect(written.status).toContain('The tool asks: Sure? (Ctrl-D declines)\n');
  });

  it('is cancelled, and the question told, where there is nobody to ask', async () => {
    const question = {
      method: 'elicitation/create',
      params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
    };
    const { session, methods } = await scripted(
      {
        'tools/call': become,
        'tasks/get': () => ({ ...working('asks'), status: 'input_required', inputRequests: { q: question } }),
        'tasks/update': () => ({}),
        'tasks/cancel': () => ({}),
      },
      {},
    );
    const failed = expect(call(session, 'work', [])).rejects.toThrow(
      'the tool asks "Sure?": expected a terminal to answer on',
    );
    await vi.advanceTimersByTimeAsync(20_000);
    await failed;
    expect(methods()).toContain('tasks/cancel');
  });

  it('fails with the error of the task', async () => {
    const error = { code: -32_603, message: 'the disk is full' };
    const { session } = await scripted(
      { 'tools/call': become, 'tasks/get': () => ({ ...TASK, status: 'failed', error }) },
      {},
    );
    const failed = expect(call(session, 'work', [])).rejects.toThrow('the disk is full');
    await vi.advanceTimersByTimeAsync(5_000);
    await failed;
  });
});

describe('S18: a call that is answered at once', () => {
  it('shows its progress, with --task as without', async () => {
    for (const task of [true, false]) {
      const { session, written } = await scripted(
        {
          'tools/call': (params, report) => {
            report({ progress: 5, total: 10, message: `rows of ${JSON.stringify(params['arguments'])}` });
            return { content: [{ type: 'text', text: 'ten' }] };
          },
        },
        { task },
      );
      expect(await call(session, 'work', ['rows=10'])).toBe(true);
      expect(written.status).toContain(' 50 % rows of {"rows":10} (0 ms)\n');
      expect(written.status).toMatch(/1 progress event\n$/);
      expect(written.out).toBe('ten\n');
    }
  });
});

describe('S18: list, read and complete', () => {
  it('list follows the cursors to the last page', async () => {
    const pages: Record<string, object> = {
      first: { resources: [{ uri: 'logs://a', name: 'a' }], nextCursor: 'second' },
      second: { resources: [{ uri: 'logs://b', name: 'b' }], nextCursor: 'third' },
      third: { resources: [{ uri: 'logs://c', name: 'c' }] },
    };
    const { session, written } = await scripted(
      {
        'resources/list': ({ cursor }) => ({ ...LIST, ...pages[typeof cursor === 'string' ? cursor : 'first'] }),
        'resources/templates/list': () => ({ ...LIST, resourceTemplates: [] }),
        'prompts/list': () => ({ ...LIST, prompts: [] }),
      },
      {},
    );
    await list(session);
    expect(written.out.match(/logs:\/\/\w/g)).toEqual(['logs://a', 'logs://b', 'logs://c']);
  });

  it('read shows how many bytes were read', async () => {
    const { session, written } = await scripted(
      {
        'resources/read': ({ uri }, report) => {
          report({ progress: 65_536, total: 131_072, message: 'bytes 65536 of 131072' });
          return { ...LIST, contents: [{ uri, text: 'all lines' }] };
        },
      },
      {},
    );
    await read(session, 'logs://a');
    expect(written.status).toMatch(/^ 50 % bytes 65536 of 131072 \(0 ms\)\n.*1 progress event\n$/);
    expect(written.out).toBe('all lines\n');
  });

  it('complete prints the values, and how many there are more', async () => {
    const { session, written, asked } = await scripted(
      { 'completion/complete': () => ({ completion: { values: ['a.log', 'ab.log'], total: 7, hasMore: true } }) },
      {},
    );
    await complete(session, { template: 'logs://{filename}', variable: 'filename', prefix: 'a' });
    expect(asked.at(-1)?.params).toMatchObject({
      ref: { type: 'ref/resource', uri: 'logs://{filename}' },
      argument: { name: 'filename', value: 'a' },
    });
    expect(written).toEqual({ out: 'a.log\nab.log\n', status: '2 of 7 values\n' });
  });
});
