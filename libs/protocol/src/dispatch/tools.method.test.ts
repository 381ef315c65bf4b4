import { TestNode, testTool, type WireMessage } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ToolDefinition, ToolReturn } from '../registry/definitions.js';
import { ToolError, WireError } from '../wire/errors.js';

/** What one call of one tool is answered. */
async function answer(tool: Partial<ToolDefinition>, args: unknown = {}, params: object = {}): Promise<WireMessage> {
  const node = new TestNode();
  node.registry.tool({ ...testTool('tool', () => 'unused'), ...tool });
  const { reply } = node.stateless('tools/call', { name: 'tool', arguments: args, ...params });
  await node.clock.advance(0);
  if (reply.answer === undefined) throw new Error('no answer');
  return reply.answer;
}

const returning = (value: unknown): Partial<ToolDefinition> => ({ handler: () => value as ToolReturn });
const throwing = (thrown: unknown): Partial<ToolDefinition> => ({
  handler: () => {
    throw thrown as Error;
  },
});
/** The same from a promise. */
const rejecting = (thrown: unknown): Partial<ToolDefinition> => ({
  handler: () =>
    Promise.resolve().then(() => {
      throw thrown as Error;
    }),
});
const textOf = ({ result }: WireMessage): string => (result?.['content'] as [{ text: string }])[0].text;

describe('a tool returns', () => {
  it('a text', async () => {
    const { result } = await answer(returning('a "text"\n'));
    expect(result).toEqual({
      content: [{ type: 'text', text: 'a "text"\n' }],
      resultType: 'complete',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'test', version: '1.2.3' } },
    });
  });

  it('a whole result, with what it says of itself kept', async () => {
    const { result } = await answer(returning({ content: [{ type: 'text', text: 'x' }], _meta: { mine: 1 } }));
    expect(result).toMatchObject({ content: [{ text: 'x' }], resultType: 'complete', _meta: { mine: 1 } });
    expect(result?.['_meta']).toHaveProperty(['io.modelcontextprotocol/serverInfo']);
  });

  it('a result that is an error', () => {
    const node = new TestNode();
    node.registry.tool(testTool('tool', () => ({ content: [], isError: true })));
    const { reply } = node.stateless('tools/call', { name: 'tool' });
    expect(reply.answer?.result).toMatchObject({ isError: true });
    expect(node.ended[0]?.outcome).toBe('tool_error');
  });

  it('the same later, from a promise', async () => {
    expect(textOf(await answer({ handler: () => Promise.resolve('later') }))).toBe('later');
  });

  it.each([[undefined], [null], [7], [{}], [{ content: 'x' }]])(
    '%j, which is nothing to answer with: -32603',
    async (value) => {
      for (const tool of [returning(value), { handler: () => Promise.resolve(value as ToolReturn) }])
        expect((await answer(tool)).error).toMatchObject({ code: -32603 });
    },
  );
});

describe('structured output', () => {
  const output = z.object({ count: z.int(), unit: z.string().default('rows') });

  it('is checked, completed, and sent as a value and as text', async () => {
    const { result } = await answer({ output, ...returning({ count: 3 }) });
    expect(result?.['structuredContent']).toEqual({ count: 3, unit: 'rows' });
    expect(JSON.parse(textOf({ jsonrpc: '2.0', result: result! }))).toEqual({ count: 3, unit: 'rows' });
  });

  it('may come with a text of its own', async () => {
    const { result } = await answer({
      output,
      ...returning({ structuredContent: { count: 3 }, content: [{ type: 'text', text: 'three' }] }),
    });
    expect(result).toMatchObject({ structuredContent: { count: 3 }, content: [{ text: 'three' }] });
  });

  it.each([[{ count: 'three' }], [{}], ['text'], [{ structuredContent: { count: 0.5 }, content: [] }]])(
    'that breaks its schema is our fault: %j is -32603',
    async (value) => {
      const { error } = await answer({ output, ...returning(value) });
      expect(error?.code).toBe(-32603);
      expect(error?.message).toContain('tool tool: its result breaks its output schema');
    },
  );

  it('is not asked of an error', async () => {
    const { result } = await answer({
      output,
      ...returning({ content: [{ type: 'text', text: 'no' }], isError: true }),
    });
    expect(result).toMatchObject({ isError: true });
  });
});

describe('a tool throws', () => {
  it.each([
    [new Error('disk full'), 'disk full'],
    [new ToolError('no such column'), 'no such column'],
    ['only text', 'only text'],
    [undefined, 'undefined'],
  ])('%s: the model reads it in a result', async (thrown, text) => {
    for (const tool of [throwing(thrown), rejecting(thrown)]) {
      const message = await answer(tool);
      expect(message.result?.['isError']).toBe(true);
      expect(textOf(message)).toBe(text);
    }
  });

  it('a WireError: the client gets it as it is', async () => {
    for (const tool of [throwing(new WireError(-32_001, 'mine', 7)), rejecting(new WireError(-32_001, 'mine', 7))])
      expect((await answer(tool)).error).toEqual({ code: -32_001, message: 'mine', data: 7 });
  });
});

describe('arguments', () => {
  const input = z.strictObject({
    rows: z.int().min(10),
    name: z.string().optional(),
    range: z.object({ from: z.int() }).optional(),
  });
  const echo: Partial<ToolDefinition> = { input, handler: (args: unknown) => JSON.stringify(args) };

  it('reach the tool checked, with defaults', async () => {
    const given = z.object({ a: z.int(), b: z.string().default('x') });
    const message = await answer(
      { input: given, handler: (args: unknown) => JSON.stringify(args) },
      { a: 1, other: 2 },
    );
    expect(textOf(message)).toBe('{"a":1,"b":"x"}');
  });

  it.each([
    [{}, 'rows', 'got nothing'],
    [{ rows: 'ten' }, 'rows', 'got "ten"'],
    [{ rows: 9 }, 'rows', 'got 9'],
    [{ rows: 10, name: 7 }, 'name', 'expected string'],
    [{ rows: 10, range: { from: 'a' } }, 'range.from', 'got "a"'],
    [{ rows: 10, extra: 1 }, 'arguments', '"extra"'],
    [JSON.parse('{"rows":10,"__proto__":{"x":1}}'), 'arguments', '__proto__'],
  ])('%j: the model reads which field is wrong, what came, and what was expected', async (args, field, detail) => {
    const message = await answer(echo, args);
    expect(message.result?.['isError']).toBe(true);
    expect(textOf(message)).toContain(`Invalid arguments for tool tool:\n${field}: `);
    expect(textOf(message)).toContain(detail);
    expect(textOf(message)).toMatch(/expected|unrecognized/i);
  });

  it('with many things wrong show ten of them', async () => {
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f${String(at)}`, z.string()]));
    expect(textOf(await answer({ input: z.object(fields) })).split('\n')).toHaveLength(11);
  });

  it.each([[[1]], ['x'], [7], [true]])('that are no object are a wrong call: %j is -32602', async (args) => {
    expect((await answer(echo, args)).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('arguments') as string,
    });
  });

  it('may be left out', async () => {
    expect(textOf(await answer({ handler: (args: unknown) => JSON.stringify(args) }, undefined))).toBe('{}');
    expect(textOf(await answer({ handler: (args: unknown) => JSON.stringify(args) }, null))).toBe('{}');
  });

  it('are checked by a schema of another author with its own check', async () => {
    const jsonSchema = { type: 'object' as const };
    const check = () => ({
      ok: false as const,
      issues: Array.from({ length: 30 }, (_, at) => `problem ${String(at)}`),
    });
    expect(textOf(await answer({ input: { jsonSchema, check } }))).toContain('problem 9');
    expect(textOf(await answer({ input: { jsonSchema, check } }))).not.toContain('problem 10');
  });
});

describe('a call is refused', () => {
  it.each([[undefined], [7], ['none'], ['__proto__'], ['constructor'], [{}]])(
    'of the tool %j with -32602',
    async (name) => {
      const { error } = await answer({}, {}, { name });
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('name: unknown tool') as string });
    },
  );

  it('that lacks what the tool requires of the client, before the tool runs', async () => {
    let ran = false;
    const tool: Partial<ToolDefinition> = { requires: ['sampling'], handler: () => ((ran = true), '') };
    const { error } = await answer(tool);
    expect(error).toMatchObject({ code: -32021, data: { requiredCapabilities: { sampling: {} } } });
    expect(ran).toBe(false);
  });
});
