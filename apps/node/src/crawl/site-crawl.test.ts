import { yieldToEventLoop } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressPolicy } from './address.policy.js';
import { crawlSite, type CrawlOptions } from './site-crawl.js';
import { CrawledSite, htmlPage, indexOf, redirectTo, sitemapOf, type Route } from '@mcp-cluster/testkit/http';

type Routes = Record<string, Route>;

/** A site and a way to crawl it. Routes may need the origin, so they are made once it is known. */
async function make(makeRoutes: Routes | ((origin: string) => Routes), allow = ['127.0.0.1']) {
  const site = await CrawledSite.start({}, onTestFinished);
  Object.assign(site.routes, typeof makeRoutes === 'function' ? makeRoutes(site.origin) : makeRoutes);
  const clock = new VirtualClock();
  const context = new RecordingContext();
  const crawl = (path = '/', options: Partial<CrawlOptions> = {}) =>
    crawlSite(
      new URL(path, site.origin),
      { maxPages: 50, followLinks: true, ...options },
      { clock, policy: new AddressPolicy(allow) },
      context,
    );
  const paths = (report: Awaited<ReturnType<typeof crawl>>) =>
    report.pages.map(({ url }) => url.slice(site.origin.length));
  return { site, clock, context, crawl, paths };
}

const robots = (...lines: string[]): Route => lines.join('\n');

describe('crawlSite', () => {
  it('S10: follows links breadth first, each page once, and stays on its origin', async () => {
    const home = htmlPage('Home', '/a', '/b', 'https://example.com/', '/#x');
    const { site, context, crawl, paths } = await make({
      '/': home,
      '/a': htmlPage('A', '/', '/b', '/c'),
      '/b': htmlPage('B', '/a', '/d'),
      '/c': htmlPage('C'),
    });
    const report = await crawl();
    expect(paths(report)).toEqual(['/', '/a', '/b', '/c', '/d']);
    expect(report).toMatchObject({ crawled: 5, truncated: false, failed: 1, notCrawled: 0, otherOrigins: 1 });
    expect(report.pages[0]).toEqual({ url: site.url('/'), status: 200, size: home.length, title: 'Home' });
    expect(report.errors).toEqual([{ url: site.url('/d'), error: 'status 404' }]);
    expect(site.requests.toSorted()).toEqual(['/', '/a', '/b', '/c', '/d', '/robots.txt', '/sitemap.xml']);
    expect(context.reports.map(({ progress }) => progress)).toEqual([1, 2, 3, 4, 5]);
    expect(context.reports[0]).toEqual({ progress: 1, total: 1, message: 'page 1 of 1: /' });
    expect(context.reports[4]?.message).toMatch(/^page 5 of 5: \/[cd]$/);
    expect(context.detached).toEqual({ statusMessage: `crawling ${site.origin}` });
    await site.allClosed();
  });

  it('S10: goes by the sitemaps of robots.txt, nested and in a circle, then by links', async () => {
    const { crawl, paths, site } = await make((origin) => ({
      '/robots.txt': robots(`sitemap: ${origin}/index.xml`, 'sitemap: /missing.xml', 'sitemap: /page.xml'),
      '/index.xml': indexOf(`${origin}/one.xml`, `${origin}/index.xml`, 'http://example.com/other.xml'),
      '/one.xml': sitemapOf(`${origin}/s1`, `${origin}/s2`, `${origin}/s1`, 'http://example.com/'),
      '/page.xml': htmlPage('no sitemap'),
      '/': htmlPage('Home', '/linked', '/s2'),
    }));
    const report = await crawl();
    expect(paths(report)).toEqual(['/', '/s1', '/s2', '/linked']);
    expect(report.sitemaps).toEqual([site.url('/index.xml'), site.url('/one.xml')]);
    expect(report.errors.slice(0, 2)).toEqual([
      { url: site.url('/missing.xml'), error: 'status 404' },
      { url: site.url('/page.xml'), error: 'is no sitemap' },
    ]);
    expect(site.requests).not.toContain('/sitemap.xml');
  });

  it('S10: looks for /sitemap.xml when robots.txt names none; without followLinks only that counts', async () => {
    const { crawl, paths } = await make((origin) => ({
      '/sitemap.xml': sitemapOf(`${origin}/s1`),
      '/': htmlPage('Home', '/linked'),
    }));
    expect(paths(await crawl('/', { followLinks: false }))).toEqual(['/', '/s1']);
  });

  it('S10: begins with a sitemap that is given', async () => {
    const { crawl, paths, site } = await make((origin) => ({
      '/map': indexOf(`${origin}/one.xml`),
      '/one.xml': sitemapOf(`${origin}/s1`, `${origin}/s2`),
    }));
    expect(paths(await crawl('/map'))).toEqual(['/s1', '/s2']);
    expect(site.requests.toSorted()).toEqual(['/map', '/one.xml', '/robots.txt', '/s1', '/s2']);
  });

  it('S10: XML that is no sitemap is a page', async () => {
    const { crawl } = await make({ '/feed': { headers: { 'content-type': 'text/xml' }, body: '<rss>1</rss>' } });
    expect((await crawl('/feed')).pages).toMatchObject([{ status: 200, size: 12 }]);
  });

  it('S10: reads indexes three deep and no deeper', async () => {
    const { crawl, paths, site } = await make((origin) => ({
      '/0': indexOf(`${origin}/1`),
      '/1': indexOf(`${origin}/2`),
      '/2': indexOf(`${origin}/3`, `${origin}/pages`),
      '/3': indexOf(`${origin}/4`),
      '/pages': sitemapOf(`${origin}/p`),
    }));
    const report = await crawl('/0');
    expect(paths(report)).toEqual(['/p']);
    expect(report.errors[0]).toEqual({ url: site.url('/3'), error: 'is 3 indexes deep; its sitemaps were not read' });
    expect(site.requests).not.toContain('/4');
  });

  it('S10: reads at most 50 sitemaps', async () => {
    const { crawl, site } = await make((origin) => ({
      '/index': indexOf(...Array.from({ length: 70 }, (_, index) => `${origin}/${index}.xml`)),
    }));
    const report = await crawl('/index');
    expect(site.requests.filter((path) => path.endsWith('.xml'))).toHaveLength(50);
    expect(report.errors[0]).toEqual({
      url: site.url('/index'),
      error: 'names more than 50 sitemaps; the others were not read',
    });
    expect(report).toMatchObject({ failed: 51, crawled: 0 });
    expect(report.errors).toHaveLength(50);
  });

  it('S10: stops at maxPages and shows 20', async () => {
    const links = Array.from({ length: 60 }, (_, index) => `/${index}`);
    const { crawl, context, paths } = await make({ '/': htmlPage('Home', ...links) });
    const report = await crawl('/', { maxPages: 25 });
    expect(report).toMatchObject({ crawled: 25, truncated: true, notCrawled: 36, failed: 24 });
    expect(paths(report)).toEqual(['/', ...links.slice(0, 19)]);
    expect(context.reports.at(-1)).toMatchObject({ progress: 25, total: 25 });
  });

  it('S10: a site without end costs no more than ten known pages for each that is read', async () => {
    const links = Array.from({ length: 900 }, (_, index) => `/${index}`);
    const { crawl, context } = await make({ '/': htmlPage('Home', ...links) });
    expect(await crawl('/', { maxPages: 2 })).toMatchObject({ crawled: 2, notCrawled: 19 });
    expect(context.detached).toBeUndefined();
  });

  it('S10: what robots.txt forbids is listed and not read, behind a redirect too', async () => {
    const { crawl, paths, site } = await make({
      '/robots.txt': robots('user-agent: *', 'disallow: /private'),
      '/': htmlPage('Home', '/private/a', '/open', '/private/b', '/moved'),
      '/moved': redirectTo('/private/c'),
    });
    const report = await crawl();
    expect(paths(report)).toEqual(['/', '/open']);
    expect(report).toMatchObject({ skipped: 3 });
    expect(report.skippedPages.toSorted()).toEqual(
      ['/moved', '/private/a', '/private/b'].map((path) => site.url(path)),
    );
    expect(site.requests.filter((path) => path.startsWith('/private'))).toEqual([]);
  });

  it('S10: a first page that robots.txt forbids is skipped as any other', async () => {
    const { crawl, site } = await make({ '/robots.txt': robots('user-agent: *', 'disallow: /') });
    expect(await crawl()).toMatchObject({ crawled: 0, skipped: 1, skippedPages: [site.url('/')] });
    expect(site.requests).toEqual(['/robots.txt']);
  });

  it('S10: keeps the delay that robots.txt asks for', async () => {
    const { crawl, clock, context, site } = await make((origin) => ({
      '/robots.txt': robots('user-agent: *', 'crawl-delay: 0.5', `sitemap: ${origin}/map.xml`),
      '/map.xml': sitemapOf(`${origin}/1`, `${origin}/2`),
      '/': htmlPage('Home'),
    }));
    const report = crawl();
    for (const [index, path] of ['/1', '/2'].entries()) {
      // Both pages wait, then one does; nothing else does while no request is under way.
      await until(() => context.reports.length === index + 1 && clock.pending === 2 - index);
      expect(site.requests).not.toContain(path);
      await clock.advance(500);
    }
    expect(await report).toMatchObject({ crawled: 3 });
  });

  it('S10: a page that hangs is an error and holds up nobody; the order stays', async () => {
    const { crawl, clock, context, site, paths } = await make({
      '/': htmlPage('Home', '/slow', '/a', '/b', '/c', '/d', '/e'),
      '/slow': () => undefined,
      '/e': htmlPage('E', '/late'),
      '/late': 'late',
    });
    const report = crawl();
    // The links of /e wait until /slow, which comes before it, is settled.
    await until(() => context.reports.length === 6);
    await clock.advance(5_000);
    expect(paths(await report)).toEqual(['/', '/a', '/b', '/c', '/d', '/e', '/late']);
    expect((await report).errors).toContainEqual({ url: site.url('/slow'), error: 'no answer within 5 s' });
    await site.allClosed();
  });

  it.each([
    ['http://169.254.169.254/latest', 'redirects to an address that is not public'],
    ['http://[::1]/', 'redirects to an address that is not public'],
    ['http://0x7f.2/', 'redirects to an address that is not public'],
    ['https://example.com/', 'redirects to another site'],
    ['/loop', 'redirects in a circle'],
    ['ftp://example.com/', 'redirects to an address that is neither http nor https'],
  ])('S10: O1: a page that redirects to %s is an error, and the crawl goes on', async (location, error) => {
    const { crawl, paths, site } = await make({
      '/': htmlPage('Home', '/loop', '/next'),
      '/loop': redirectTo(location),
      '/next': 'next',
    });
    const report = await crawl();
    expect(paths(report)).toEqual(['/', '/next']);
    expect(report.errors).toEqual([{ url: site.url('/loop'), error }]);
  });

  it('S10: a page that moved within the site is shown with its end and read once', async () => {
    const { crawl, site } = await make({
      '/': htmlPage('Home', '/old'),
      '/old': redirectTo('/new'),
      '/new': htmlPage('New', '/new'),
    });
    const { pages } = await crawl();
    expect(pages[1]).toMatchObject({ url: site.url('/old'), redirectedTo: site.url('/new'), title: 'New' });
    expect(site.requests.filter((path) => path === '/new')).toHaveLength(1);
  });
});

/** Lets sockets and promises go on until something has happened. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await yieldToEventLoop();
}
