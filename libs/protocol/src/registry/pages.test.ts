import { TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedResource } from './definitions.js';
import { MAX_LISTED, PAGE_SIZE } from './pages.js';

/** Reads a list to its end, as a client does. */
async function readAll(node: TestNode, method: string, field: string, between?: () => void): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: unknown, more = true; more;) {
    const { reply } = node.stateless(method, cursor === undefined ? {} : { cursor });
    await node.clock.advance(0);
    const result = reply.answer?.result ?? {};
    pages.push((result[field] as { uri?: string; name: string }[]).map(({ uri, name }) => uri ?? name));
    cursor = result['nextCursor'];
    more = cursor !== undefined;
    if (pages.length > 100) throw new Error('the list has no end');
    between?.();
  }
  return pages;
}

function listing(registered: number, listed: string[]): TestNode {
  const node = new TestNode();
  for (let at = 0; at < registered; at += 1)
    node.registry.resource({ uri: `r://${String(at)}`, name: 'r', description: 'One.', handler: () => '' });
  const list = (): ListedResource[] => listed.map((uri) => ({ uri, name: uri }));
  node.registry.resourceTemplate({ uriTemplate: 'l://{id}', name: 'l', description: 'Many.', list, handler: () => '' });
  return node;
}

describe('a list', () => {
  it('S12: of one page has no cursor', async () => {
    const node = new TestNode();
    for (let at = 0; at < PAGE_SIZE; at += 1) node.registry.tool(testTool(`t${String(at)}`, () => ''));
    const pages = await readAll(node, 'tools/list', 'tools');
    expect(pages.map((page) => page.length)).toEqual([PAGE_SIZE]);
  });

  it('S12: of more comes in pages, in the order of registration', async () => {
    const node = new TestNode();
    const names = Array.from({ length: 2 * PAGE_SIZE + 1 }, (_none, at) => `t${String(at)}`);
    for (const name of names) node.registry.tool(testTool(name, () => ''));
    const pages = await readAll(node, 'tools/list', 'tools');
    expect(pages.map((page) => page.length)).toEqual([PAGE_SIZE, PAGE_SIZE, 1]);
    expect(pages.flat()).toEqual(names);
  });

  it('S12: of resources has what was registered, then what templates list, each once', async () => {
    const sizes = fc.integer({ min: 0, max: 2 * PAGE_SIZE + 2 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), { maxLength: 600 }),
        async (count, ids) => {
          const listed = ids.map((id) => `l://${String(id)}`);
          const pages = await readAll(
            listing(count, [...listed, ...(count > 0 ? ['r://0'] : [])]),
            'resources/list',
            'resources',
          );
          const registered = Array.from({ length: count }, (_none, at) => `r://${String(at)}`);
          expect(pages.flat()).toEqual([...registered, ...listed.toSorted()]);
          expect(pages.every((page) => page.length <= PAGE_SIZE)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('S12: that changes between two pages skips and repeats nothing of what stays', async () => {
    const listed = Array.from({ length: 2 * PAGE_SIZE }, (_none, at) => `l://${String(1_000 + at)}`);
    const stays = listed.slice(PAGE_SIZE);
    const node = listing(0, listed);
    const pages = await readAll(node, 'resources/list', 'resources', () => {
      if (listed[0] === 'l://1000') listed.splice(0, 10, 'l://0', 'l://0999');
    });
    expect(pages.flat().filter((uri) => stays.includes(uri))).toEqual(stays);
  });

  it.each(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])(
    'S12: %s refuses a cursor that is not its own',
    async (method) => {
      const other = Buffer.from(JSON.stringify(['else', 'r', 'a'])).toString('base64url');
      for (const cursor of ['', 'x', 7, null, {}, other, `${other}=`, 'W10', 'e30']) {
        const { reply } = new TestNode().stateless(method, { cursor });
        await Promise.resolve();
        expect(reply.answer?.error).toMatchObject({ code: -32602 });
        expect(reply.answer?.error?.message).toContain('cursor: not one that this server gave');
      }
    },
  );

  it('S12: of resources is kept for 5 s where templates list them, and for 5 min where they do not', async () => {
    for (const [node, ttlMs] of [
      [listing(1, ['l://1']), 5_000],
      [new TestNode(), 300_000],
    ] as const) {
      const { reply } = node.stateless('resources/list');
      await node.clock.advance(0);
      expect(reply.answer?.result).toMatchObject({ ttlMs, cacheScope: 'public' });
    }
  });

  it('S12: of two templates that list as many as each may is no error', async () => {
    const node = listing(
      0,
      Array.from({ length: MAX_LISTED }, (_none, at) => `l://${String(at)}`),
    );
    const list = () => [{ uri: 'm://1', name: 'one more' }];
    node.registry.resourceTemplate({
      uriTemplate: 'm://{id}',
      name: 'm',
      description: 'One.',
      list,
      handler: () => '',
    });
    const pages = await readAll(node, 'resources/list', 'resources');
    expect(pages.flat()).toHaveLength(MAX_LISTED + 1);
  });

  it('S12: says when its place has gone', async () => {
    const gone = Buffer.from(JSON.stringify(['tools', 'r', 'gone'])).toString('base64url');
    const { reply } = new TestNode().stateless('tools/list', { cursor: gone });
    await Promise.resolve();
    expect(reply.answer?.error?.message).toContain('cursor: its place in the list has gone');
  });

  it('S12: of more than templates may list is an error, not a flood', async () => {
    const node = listing(
      0,
      Array.from({ length: MAX_LISTED + 1 }, (_none, at) => `l://${String(at)}`),
    );
    const { reply } = node.stateless('resources/list');
    await node.clock.advance(0);
    expect(reply.answer?.error?.code).toBe(-32603);
  });
});
