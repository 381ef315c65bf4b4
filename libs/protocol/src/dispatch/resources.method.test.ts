import { TestNode, type WireMessage } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';

function node(): TestNode {
  const made = new TestNode();
  const { registry } = made;
  registry.resource({
    uri: 'test://text',
    name: 'text',
    description: 'T.',
    mimeType: 'text/plain',
    cache: { ttlMs: 60_000, scope: 'public' },
    handler: () => 'the text',
  });
  registry.resource({
    uri: 'test://whole',
    name: 'whole',
    description: 'W.',
    handler: (uri) => ({ contents: [{ uri, blob: 'AAAA' }] }),
  });
  registry.resourceTemplate({
    uriTemplate: 'test://items/{id}',
    name: 'item',
    description: 'I.',
    mimeType: 'application/json',
    handler: (variables, _context, uri) => `${JSON.stringify(variables)} at ${uri}`,
  });
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

describe('resources/read', () => {
  it.each([
    ['test://text', { uri: 'test://text', mimeType: 'text/plain', text: 'the text' }],
    ['test://whole', { uri: 'test://whole', blob: 'AAAA' }],
    ['test://items/7', { uri: 'test://items/7', mimeType: 'application/json', text: '{"id":"7"} at test://items/7' }],
  ])('%s gives its contents in both eras', async (uri, contents) => {
    for (const send of [stateless, inSession])
      expect((await send('resources/read', { uri })).result?.['contents']).toEqual([contents]);
  });

  it('says in the stateless era how long and for whom a result may be kept', async () => {
    expect((await stateless('resources/read', { uri: 'test://text' })).result).toMatchObject({
      ttlMs: 60_000,
      cacheScope: 'public',
    });
    expect((await stateless('resources/read', { uri: 'test://whole' })).result).toMatchObject({
      ttlMs: 0,
      cacheScope: 'private',
    });
    expect((await inSession('resources/read', { uri: 'test://text' })).result).not.toHaveProperty('ttlMs');
  });

  it('of what does not exist is -32602 in the stateless era and -32002 in a session, with the URI', async () => {
    const uri = 'test://none';
    expect((await stateless('resources/read', { uri })).error).toMatchObject({ code: -32602, data: { uri } });
    expect((await inSession('resources/read', { uri })).error).toMatchObject({ code: -32002, data: { uri } });
  });

  it.each([undefined, 7, null, ['test://text'], {}])('of the URI %j is -32602 in both eras', async (uri) => {
    for (const send of [stateless, inSession])
      expect((await send('resources/read', { uri })).error).toMatchObject({
        code: -32602,
        message: expect.stringContaining('uri: expected a string') as string,
      });
  });
});
