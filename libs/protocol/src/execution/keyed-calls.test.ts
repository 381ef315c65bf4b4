import {
  codeOf,
  keyedCall,
  KeyedCluster,
  keyedParams,
  KNOWS_TASKS,
  resultOf,
  textOf,
  type Sent,
} from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { CapacityError, ToolError, WireError } from '../wire/errors.js';
import { IDEMPOTENCY_KEY } from './repeatable.js';

const FORM = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
const REPLAYED = { 'mcp-cluster/replayed': true };

describe('a key', () => {
  it('lets a call run once: the retry gets its result, marked, on another node and in the other era', async () => {
    const cluster = new KeyedCluster();
    const [first, second] = [cluster.node('a'), cluster.node('b')];
    const original = await keyedCall(first);
    expect([textOf(original), resultOf(original)['_meta']]).toEqual(['run 1', expect.not.objectContaining(REPLAYED)]);
    const retry = await keyedCall(second);
    expect(textOf(retry)).toBe('run 1');
    expect(resultOf(retry)).toMatchObject({
      resultType: 'complete',
      _meta: { ...REPLAYED, 'io.modelcontextprotocol/serverInfo': { name: 'test' } },
    });
    const inSession = second.inSession(second.session(), 'tools/call', keyedParams('write', 'key'));
    await cluster.clock.advance(0);
    expect(inSession.reply.answer?.result).toEqual({ content: [{ type: 'text', text: 'run 1' }], _meta: REPLAYED });
    expect(cluster.runs).toBe(1);
  });

  it('is of one principal and one tool, and the tool is told it', async () => {
    const keys: unknown[] = [];
    const cluster = new KeyedCluster((context) => {
      keys.push(context.idempotencyKey);
      return 'x';
    });
    const node = cluster.node('a');
    await keyedCall(node);
    await keyedCall(node, 'read');
    await keyedCall(node, 'write', 'key', {}, { principal: { issuer: 'i', subject: 's' } });
    await keyedCall(node, 'write', 'other');
    node.stateless('tools/call', { name: 'write', arguments: {} });
    expect(keys).toEqual(['key', 'key', 'key', 'other', undefined]);
  });

  it('with other arguments is refused; their order is no difference', async () => {
    const cluster = new KeyedCluster();
    const node = cluster.node('a');
    await keyedCall(node, 'write', 'key', { a: 1, b: { c: 2, d: 3 } });
    expect(textOf(await keyedCall(node, 'write', 'key', { b: { d: 3, c: 2 }, a: 1 }))).toBe('run 1');
    const conflict = await keyedCall(node, 'write', 'key', { a: 2 });
    expect(conflict.reply.answer?.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining(IDEMPOTENCY_KEY) as string,
    });
  });

  it.each([[7], [''], ['x'.repeat(256)], ['a\nb'], ['\u007f'], [null], [{}], [['k']]])(
    'of %j is refused by name, and nothing runs',
    async (key) => {
      const cluster = new KeyedCluster();
      const sent = await keyedCall(cluster.node('a'), 'write', key);
      expect(sent.reply.answer?.error).toMatchObject({
        code: -32602,
        message: expect.stringContaining(`_meta["${IDEMPOTENCY_KEY}"]`) as string,
      });
      expect(cluster.runs).toBe(0);
    },
  );

  it('of 255 characters of any script is one', async () => {
    const cluster = new KeyedCluster();
    expect(textOf(await keyedCall(cluster.node('a'), 'write', 'ключ 鍵 🙂'.padEnd(255, 'x')))).toBe('run 1');
  });
});

describe('what is stored', () => {
  it.each<[string, ConstructorParameters<typeof KeyedCluster>[0], object]>([
    ['a result that says isError', () => ({ content: [{ type: 'text', text: 'no' }], isError: true }), { result: { isError: true } }],
    ['an error that the model may read', () => { throw new ToolError('no'); }, { result: { isError: true, content: [{ text: 'no' }] } }],
    ['a JSON-RPC error', () => { throw new WireError(-32_050, 'no', { why: 1 }); }, { error: { code: -32_050, data: { why: 1 } } }],
    ['a broken result', () => ({ content: 'none' }), { error: { code: -32603 } }],
  ])('%s: the tool ran', async (_what, handler, expected) => {
    const cluster = new KeyedCluster(handler);
    const node = cluster.node('a');
    expect((await keyedCall(node)).reply.answer).toMatchObject(expected);
    expect((await keyedCall(node)).reply.answer).toMatchObject(expected);
    expect(cluster.runs).toBe(1);
  }); // prettier-ignore

  it('refused arguments take no key, and a refusal of the tool gives it back', async () => {
    let refuses = true;
    const cluster = new KeyedCluster(() => {
      if (refuses) throw new CapacityError('later', 1);
      return 'ran';
    });
    const node = cluster.node('a');
    expect(resultOf(await keyedCall(node, 'strict', 'key', { n: 'x' }))['isError']).toBe(true);
    expect(codeOf(await keyedCall(node, 'strict', 'key', { n: 1 }))).toBe(-32603);
    refuses = false;
    expect(textOf(await keyedCall(node, 'strict', 'key', { n: 1 }))).toBe('ran');
    expect(cluster.runs).toBe(2);
  });

  it('questions give the key back; a last round that comes twice is answered from the store', async () => {
    const cluster = new KeyedCluster(async (context) => (await context.elicit('sure', FORM)).action);
    const node = cluster.node('a');
    const options = { capabilities: { elicitation: {} } };
    const asked = await keyedCall(node, 'write', 'key', {}, options);
    const more = { inputResponses: { sure: { action: 'decline' } }, requestState: resultOf(asked)['requestState'] };
    const rounds: Sent[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      rounds.push(node.stateless('tools/call', keyedParams('write', 'key', {}, more), options));
      await cluster.clock.advance(0);
      await cluster.clock.advance(0);
    }
    expect(rounds.map(textOf)).toEqual(['decline', 'decline']);
    expect(resultOf(rounds[1]!)['_meta']).toMatchObject(REPLAYED);
    expect(cluster.runs).toBe(2);
  });

  it('a bad request state gives the key back', async () => {
    const cluster = new KeyedCluster();
    const node = cluster.node('a');
    const bad = node.stateless('tools/call', keyedParams('write', 'key', {}, { requestState: 'forged' }));
    await cluster.clock.advance(0);
    expect(codeOf(bad)).toBe(-32602);
    expect(textOf(await keyedCall(node))).toBe('run 1');
  });

  it('a result too large for it: the retry is told that the call has run', async () => {
    const cluster = new KeyedCluster(() => 'x'.repeat(1_048_576));
    const node = cluster.node('a');
    expect(textOf(await keyedCall(node))).toHaveLength(1_048_576);
    const retry = await keyedCall(node);
    expect(retry.reply.answer?.error).toMatchObject({
      code: -32603,
      message: expect.stringContaining('has run') as string,
      data: { outcome: 'done' },
    });
    expect(cluster.runs).toBe(1);
  });

  it('S13: the handle, of a call that became a task', async () => {
    const cluster = new KeyedCluster(async (context) => {
      await context.detach();
      return 'done';
    });
    const node = cluster.node('a');
    const first = resultOf(await keyedCall(node, 'write', 'key', {}, KNOWS_TASKS));
    expect(resultOf(await keyedCall(node, 'write', 'key', {}, KNOWS_TASKS))).toMatchObject({
      resultType: 'task',
      taskId: first['taskId'],
      _meta: REPLAYED,
    });
    expect(codeOf(await keyedCall(node))).toBe(-32021);
    const inSession = node.inSession(node.session(), 'tools/call', keyedParams('write', 'key'));
    await cluster.clock.advance(0);
    expect(JSON.stringify(inSession.reply.answer?.result)).toContain('check_status');
    const { reply } = node.stateless('tasks/get', { taskId: first['taskId'] }, KNOWS_TASKS);
    await cluster.clock.advance(0);
    expect(reply.answer?.result).toMatchObject({ status: 'completed', result: { content: [{ text: 'done' }] } });
    expect(cluster.runs).toBe(1);
  });
});

describe('calls with one key at once', () => {
  it('a thousand over two nodes run once, and all have the result', async () => {
    const cluster = KeyedCluster.slow();
    const nodes = [cluster.node('a'), cluster.node('b')] as const;
    const sent = Array.from({ length: 1_000 }, (_, n) =>
      nodes[n % 2]!.stateless('tools/call', keyedParams('write', 'key')),
    );
    await cluster.clock.advance(1_200);
    expect(cluster.runs).toBe(1);
    expect(new Set(sent.map(textOf))).toEqual(new Set(['done']));
    expect(
      sent.filter(
        (one) =>
          (resultOf(one)['_meta'] as object | undefined) &&
          'mcp-cluster/replayed' in (resultOf(one)['_meta'] as object),
      ),
    ).toHaveLength(999);
  });

  it('ask the ledger together: ten times a second, however many wait', async () => {
    const cluster = KeyedCluster.slow();
    const ledger = cluster.view('a');
    let looks = 0;
    const look = ledger.look.bind(ledger);
    ledger.look = (entry) => {
      looks += 1;
      return look(entry);
    };
    const node = cluster.node('a', ledger);
    for (let n = 0; n < 500; n += 1) node.stateless('tools/call', keyedParams('write', 'key'));
    await cluster.clock.advance(1_000);
    expect(looks).toBeGreaterThan(8);
    expect(looks).toBeLessThanOrEqual(10);
  });

  it('progress flows to the one that runs; a call that waits and is given up ends at once', async () => {
    const cluster = KeyedCluster.slow();
    const node = cluster.node('a');
    const running = await keyedCall(node);
    const waiting = await keyedCall(node);
    expect(running.reply.params('notifications/progress')).toMatchObject([{ progress: 1, message: 'half' }]);
    waiting.exchange.disconnected();
    expect(waiting.reply.abandoned).toBe(true);
    await cluster.clock.advance(1_000);
    expect([textOf(running), cluster.runs]).toEqual(['done', 1]);
  });

  it('wait a minute, then are told that nothing was run for them', async () => {
    const cluster = new KeyedCluster(() => new Promise(() => undefined));
    const node = cluster.node('a');
    await keyedCall(node);
    const waiting = await keyedCall(node);
    await cluster.clock.advance(59_000);
    expect(waiting.reply.done).toBe(false);
    await cluster.clock.advance(2_000);
    expect(waiting.reply.error).toBeInstanceOf(CapacityError);
    expect(waiting.reply.answer?.error?.message).toContain('not run');
    expect(cluster.runs).toBe(1);
  });
});
