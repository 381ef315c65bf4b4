import { CancelledError } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { collectDefinitions, ToolError } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { crawlReport } from '../crawl/crawl-report.js';
import { CrawledSite, htmlPage, redirectTo, sitemapOf, type Route } from '@mcp-cluster/testkit/http';
import { CrawlSitemapTool } from './crawl-sitemap.tool.js';

const defaults = { maxPages: 50, followLinks: true };
const LOOPBACK = ['localhost', '127.0.0.1'];

function make(allow: readonly string[] = LOOPBACK) {
  const clock = new VirtualClock();
  const context = new RecordingContext();
  const tool = new CrawlSitemapTool(clock, allow);
  const crawl = (url: string, options = {}) => tool.crawlSitemap({ url, ...defaults, ...options }, context);
  return { clock, context, tool, crawl };
}

function start(routes: Record<string, Route>) {
  return CrawledSite.start(routes, onTestFinished);
}

describe('crawl_sitemap', () => {
  it('S10: declares its schemas, defaults and bounds', () => {
    const [tool] = collectDefinitions(make().tool);
    if (tool?.kind !== 'tool') throw new Error('expected a tool');
    const input = tool.definition.input as z.ZodType;
    expect(input.parse({ url: 'http://example.com/' })).toEqual({ url: 'http://example.com/', ...defaults });
    for (const wrong of [
      {},
      { url: '' },
      { url: 'x', maxPages: 0 },
      { url: 'x', maxPages: 501 },
      { url: 'x'.repeat(3_000) },
    ])
      expect(input.safeParse(wrong).success).toBe(false);
    expect(tool.definition.annotations).toEqual({ readOnlyHint: true, idempotentHint: true, openWorldHint: true });
  });

  it('S10: gives title, status and size of each page, as a value and as text', async () => {
    const site = await start({ '/': htmlPage('Home', '/gone'), '/robots.txt': '' });
    const { crawl } = make();
    const result = await crawl(`http://localhost:${site.port}/`);
    expect(crawlReport.parse(result.structuredContent)).toEqual(result.structuredContent);
    expect(result.structuredContent).toMatchObject({
      crawled: 2,
      pages: [
        { title: 'Home', status: 200 },
        { status: 404, size: 8 },
      ],
    });
    const [text] = result.content;
    expect(text).toMatchObject({ type: 'text' });
    const origin = `http://localhost:${site.port}`;
    expect((text as { text: string }).text.split('\n')).toEqual([
      `${origin}: 2 pages (no sitemap), 1 errors, 0 skipped for robots.txt, 0 known and not crawled.`,
      `200 ${htmlPage('Home', '/gone').length} bytes ${origin}/ Home`,
      `404 8 bytes ${origin}/gone`,
      `error: ${origin}/gone: status 404`,
    ]);
  });

  it.each([
    ['nonsense', 'url: expected an http or https URL, got "nonsense"'],
    ['/relative', 'url: expected an http or https URL, got "/relative"'],
    ['http://', 'url: expected an http or https URL, got "http://"'],
    ['ftp://example.com/', 'url: expected an http or https URL, got "ftp://example.com/"'],
    ['file:///etc/passwd', 'url: expected an http or https URL, got "file:///etc/passwd"'],
    ['http://user:secret@example.com/', 'url: expected a URL without user name and password, got one with them'],
    ['http://127.0.0.1:1/', 'url: expected a site that answers, got "http://127.0.0.1:1/": the connection was refused'],
  ])('S10: refuses %s naming the field', async (url, message) => {
    const refused = make().crawl(url);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
    await expect(refused).rejects.toThrow(new ToolError(message));
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '[::1]',
    '[fd00::1]',
    '[fe80::1]',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    'localhost',
  ])('S10: O1: refuses %s, naming what came and no more', async (host) => {
    const site = await start({ '/': 'secret' });
    const url = `http://${host}:${site.port}/`;
    const refused = make([]).crawl(url);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
    await expect(refused).rejects.toThrow(
      `url: expected a host with a public address, got ${JSON.stringify(new URL(url).href)}: its address is not public`,
    );
    expect(site.connections).toBe(0);
  });

  it('S10: O1: refuses a first page that redirects to a private address, without showing which', async () => {
    const site = await start({ '/': redirectTo('http://192.168.7.7/admin') });
    const refused = make().crawl(site.url('/'));
    await expect(refused).rejects.toThrow(/: redirects to an address that is not public$/);
    await expect(refused).rejects.not.toThrow(/192\.168/);
  });

  it('S10: follows a first page to another origin and crawls that', async () => {
    const there = await start({ '/home': htmlPage('There', '/next'), '/next': 'next' });
    const here = await start({ '/': redirectTo(there.url('/home')) });
    const { structuredContent: report } = await make().crawl(here.url('/'));
    expect(report).toMatchObject({ origin: there.origin, crawled: 2 });
    expect(report.pages[0]).toMatchObject({ url: here.url('/'), redirectedTo: there.url('/home') });
    expect(there.requests[0]).toBe('/robots.txt');
    expect(here.requests).toEqual(['/robots.txt', '/']);
  });

  it('S10: a robots.txt that fails forbids all', async () => {
    const site = await start({ '/robots.txt': { status: 503 }, '/': 'here' });
    await expect(make().crawl(site.url('/'))).rejects.toThrow(
      /^url: expected a site that may be crawled, got ".*": its robots.txt answers with status 503, which forbids all$/,
    );
    expect(site.requests).toEqual(['/robots.txt']);
  });

  it('S10: a robots.txt that redirects without end allows all, one that never answers nothing', async () => {
    const lost = await start({ '/robots.txt': redirectTo('/robots.txt'), '/': 'here' });
    expect((await make().crawl(lost.url('/'))).structuredContent.crawled).toBe(1);
    const silent = await start({ '/robots.txt': () => undefined });
    const { clock, crawl } = make();
    const arrived = silent.arrival('/robots.txt');
    const outcome = expect(crawl(silent.url('/'))).rejects.toThrow('no answer within 5 s');
    await arrived;
    await clock.advance(5_000);
    await outcome;
  });

  it('S10: a first page that does not answer is an error when a sitemap names others', async () => {
    const site = await start({ '/': (request) => request.socket.destroy(), '/page': htmlPage('Page') });
    await expect(make().crawl(site.url('/'))).rejects.toThrow('url: expected a site that answers');
    site.routes['/sitemap.xml'] = sitemapOf(site.url('/page'));
    const { structuredContent: report } = await make().crawl(site.url('/'));
    expect(report).toMatchObject({ crawled: 1, failed: 1, errors: [{ url: site.url('/') }] });
  });

  it('S10: counts a huge page up to its bound', async () => {
    const site = await start({ '/': `<title>Huge</title>${'x'.repeat(3_000_000)}` });
    const { structuredContent: report } = await make().crawl(site.url('/'));
    expect(report.pages).toEqual([
      { url: site.url('/'), status: 200, size: 2_097_152, title: 'Huge', truncatedBody: true },
    ]);
  });

  it('S16: S10: a cancelled crawl closes every connection and asks for nothing more', async () => {
    const hanging: Route = () => undefined;
    const links = ['/1', '/2', '/3', '/4', '/5'];
    const site = await start({
      '/': htmlPage('Home', ...links),
      ...Object.fromEntries(links.map((link) => [link, hanging])),
    });
    const { clock, context, crawl } = make();
    const arrivals = links.slice(0, 4).map((link) => site.arrival(link));
    const outcome = expect(crawl(site.url('/'))).rejects.toBeInstanceOf(CancelledError);
    await Promise.all(arrivals);
    context.cancel();
    await outcome;
    await site.allClosed();
    expect(site.requests).not.toContain('/5');
    expect(clock.pending).toBe(0);
  });
});
