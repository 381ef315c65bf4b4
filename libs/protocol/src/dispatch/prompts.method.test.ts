import { TestNode, type WireMessage } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';

function node(): TestNode {
  const made = new TestNode();
  const { registry } = made;
  registry.resourceTemplate({
    uriTemplate: 'test://items/{id}',
    name: 'item',
    description: 'I.',
    complete: { id: (value) => ['10', '11', '20'].filter((id) => id.startsWith(value)) },
    handler: () => '',
  });
  registry.prompt({
    name: 'greet',
    description: 'Greets.',
    arguments: [
      { name: 'name', required: true, complete: (value, others) => [`${value}1`, `${others['lang'] ?? '-'}2`] },
      { name: 'lang', complete: () => Array.from({ length: 150 }, (_, at) => `l${String(at)}`) },
      { name: 'free' },
    ],
    handler: ({ name, lang = 'en' }) => `Hello ${String(name)} (${lang})`,
  });
  registry.prompt({ name: 'whole', description: 'W.', handler: () => ({ messages: [] }) });
  return made;
}

async function stateless(method: string, params: Record<string, unknown>): Promise<WireMessage> {
  const made = node();
  const { reply } = made.stateless(method, params);
  await made.clock.advance(0);
  return reply.answer!;
}

async function inSession(method: string, params: Record<string, unknown>): Promise<WireMessage> {
  const made = node();
  const { reply } = made.inSession(made.session(), method, params);
  await made.clock.advance(0);
  return reply.answer!;
}

describe('prompts/get', () => {
  it('gives a text as one message of the user, a whole result as it is', async () => {
    expect((await stateless('prompts/get', { name: 'greet', arguments: { name: 'Ada' } })).result).toMatchObject({
      description: 'Greets.',
      messages: [{ role: 'user', content: { type: 'text', text: 'Hello Ada (en)' } }],
    });
    expect((await inSession('prompts/get', { name: 'whole' })).result).toEqual({ messages: [] });
  });

  it.each([
    [{ name: 'none' }, 'name: unknown prompt "none"'],
    [{ name: 7 }, 'name: unknown prompt 7'],
    [{}, 'name: unknown prompt nothing'],
    [{ name: '__proto__' }, 'name: unknown prompt'],
    [{ name: 'greet' }, 'arguments.name: expected a string, got nothing'],
    [{ name: 'greet', arguments: [] }, 'arguments: expected an object'],
    [{ name: 'greet', arguments: { name: 7 } }, 'arguments.name: expected a string, got 7'],
    [{ name: 'greet', arguments: { name: 'a', lang: null } }, 'arguments.lang: expected a string'],
  ])('%j is -32602 and names the field', async (params, message) => {
    const { error } = await stateless('prompts/get', params);
    expect(error?.code).toBe(-32602);
    expect(error?.message).toContain(message);
  });
});

describe('completion/complete', () => {
  const prompt = (name: string, value: string, more = {}) => ({
    ref: { type: 'ref/prompt', name: 'greet' },
    argument: { name, value },
    ...more,
  });
  const completion = async (params: Record<string, unknown>) =>
    (await stateless('completion/complete', params)).result?.['completion'];

  it('gives what the completer knows, which sees the other arguments', async () => {
    expect(await completion(prompt('name', 'A', { context: { arguments: { lang: 'de' } } }))).toEqual({
      values: ['A1', 'de2'],
      total: 2,
      hasMore: false,
    });
    expect(await completion(prompt('name', 'A'))).toMatchObject({ values: ['A1', '-2'] });
  });

  it('gives 100 values at most, and says that there are more', async () => {
    const { values, ...rest } = (await completion(prompt('lang', ''))) as { values: string[] };
    expect(values).toHaveLength(100);
    expect(rest).toEqual({ total: 150, hasMore: true });
  });

  it('gives nothing for an argument that has no completer', async () => {
    for (const name of ['free', 'unknown', '__proto__', 'constructor'])
      expect(await completion(prompt(name, ''))).toEqual({ values: [], total: 0, hasMore: false });
  });

  it('completes variables of resource templates', async () => {
    const of = (name: string) => ({
      ref: { type: 'ref/resource', uri: 'test://items/{id}' },
      argument: { name, value: '1' },
    });
    expect(await completion(of('id'))).toMatchObject({ values: ['10', '11'] });
    for (const name of ['other', 'constructor', 'toString', '__proto__'])
      expect(await completion(of(name)), name).toMatchObject({ values: [] });
  });

  it.each([
    [{}, 'ref'],
    [{ ref: { type: 'ref/tool', name: 'x' }, argument: { name: 'a', value: '' } }, 'ref'],
    [{ ref: { type: 'ref/prompt', name: 'none' }, argument: { name: 'a', value: '' } }, 'ref.name: unknown prompt'],
    [
      { ref: { type: 'ref/resource', uri: 'x://{y}' }, argument: { name: 'a', value: '' } },
      'ref.uri: unknown resource template',
    ],
    [{ ref: { type: 'ref/prompt', name: 'greet' } }, 'argument'],
    [{ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'name', value: 7 } }, 'argument.value'],
  ])('%j is -32602 and names the field', async (params, message) => {
    const { error } = await stateless('completion/complete', params);
    expect(error?.code).toBe(-32602);
    expect(error?.message).toContain(message);
  });
});
