import { CACHE_META_KEY } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../test/relay-fixture.js';
import { listTools } from './tool-list.request.js';

/** Asks a node that answers each page as the test says. */
function ask(answer: (page: Exchange, body: { params: { cursor?: string } }) => void, clock = new VirtualClock()) {
  const pages: Exchange[] = [];
  const link = {
    dispatch: (options: { method: string; headers?: unknown; body?: unknown }, handler: object) => {
      const page = new Exchange('a', options.method, options.headers as string[], handler);
      pages.push(page);
      answer(page, JSON.parse(String(options.body)) as { params: { cursor?: string } });
    },
    sever: () => undefined,
    close: () => undefined,
  };
  return { pages, tools: listTools({ link }, clock), clock };
}

const result = (value: object): object => ({ jsonrpc: '2.0', id: 1, result: value });

describe('asking a node for its tools', () => {
  it('S09: reads all pages, as a client of 2026-07-28', async () => {
    const { tools, pages } = ask((page, { params }) => {
      page.sent();
      if (params.cursor === undefined) page.json(result({ tools: [{ name: 'a' }], nextCursor: 'two' }));
      else page.json(result({ tools: [{ name: params.cursor, annotations: { readOnlyHint: true } }] }));
    });
    expect(await tools).toEqual([
      { name: 'a', hints: undefined },
      { name: 'two', hints: { readOnlyHint: true } },
    ]);
    expect(pages[1]?.headers).toMatchObject({ 'mcp-method': 'tools/list', 'mcp-protocol-version': '2026-07-28' });
  });

  it.each([
    [{ ttlMs: 1000, scope: 'public' }, 'public'],
    [{ ttlMs: 1000, scope: 'private' }, 'private'],
    [{ ttlMs: 1000 }, 'private'],
    [{ ttlMs: 0, scope: 'public' }, undefined],
    [{ scope: 'public' }, undefined],
    ['public', undefined],
    [undefined, undefined],
  ])('P06: a tool that says %j of its results is cached: %s', async (cache, cached) => {
    const { tools } = ask((page) => {
      page.sent().json(
        result({
          tools: [
            { name: 'a', _meta: { [CACHE_META_KEY]: cache } },
            { name: 'b', _meta: 7 },
          ],
        }),
      );
    });
    expect((await tools).map((tool) => tool.cached)).toEqual([cached, undefined]);
  });

  it.each([
    ['an error', (page: Exchange) => page.json({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } })],
    ['another status', (page: Exchange) => page.json(result({ tools: [] }), 503)],
    ['no tools', (page: Exchange) => page.json(result({}))],
    ['a tool without a name', (page: Exchange) => page.json(result({ tools: [{}] }))],
    ['a list without an end', (page: Exchange) => page.json(result({ tools: [], nextCursor: 'again' }))],
    ['no JSON', (page: Exchange) => page.head(200, {}).data('<html>').end()],
    [
      'a body without an end',
      (page: Exchange) => page.head(200, {}).data(...Array.from({ length: 5 }, () => ' '.repeat(1 << 20))),
    ],
    ['a broken connection', (page: Exchange) => page.fail()],
  ])('rejects %s', async (_what, answer) => {
    const { tools, pages } = ask((page) => {
      answer(page.sent());
    });
    await expect(tools).rejects.toThrow();
    expect(pages.length).toBeLessThanOrEqual(40);
  });

  it('rejects silence after a second, and leaves nothing open', async () => {
    const { tools, pages, clock } = ask((page) => {
      page.sent();
    });
    const said = expect(tools).rejects.toThrow('no list within 1000 ms');
    await clock.advance(1000);
    await said;
    expect(pages[0]?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
