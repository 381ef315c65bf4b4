import type { Clock } from '@mcp-cluster/kernel';
import type { ToolContext } from '@mcp-cluster/tools';
import type { AddressPolicy } from './address.policy.js';
import { CrawlError } from './crawl.errors.js';
import { CrawlLog, type CrawlReport } from './crawl-report.js';
import { Frontier } from './frontier.js';
import { GuardedAgent, type Resolve } from './guarded-agent.js';
import { runInOrder } from './ordered-pool.js';
import { Pacer } from './pacer.js';
import { readPage, type PageReading } from './page.js';
import { RobotsDirectory, refuseStart, requireAllowed } from './site-entry.js';
import type { RobotsPolicy } from './robots.policy.js';
import { redirectToPrivate, SiteReader, type Answer } from './site-reader.js';
import { mayBeSitemap } from './sitemap.js';
import { SitemapWalk } from './sitemap-walk.js';

/** Milliseconds for a page, its redirects included (S10). */
const PAGE_TIMEOUT_MS = 5_000;

/** Pages read at once: quick for us, light for the site. */
const CONCURRENCY = 4;

/** Pages that are remembered, for each that may be read: some are not allowed, and their place is taken by others. */
const KNOWN_PER_PAGE = 10;

/** A crawl of more pages than this is worth a task. */
const FEW_PAGES = 3;

/** The fence behind the bounds of pages (2 MiB) and sitemaps (10 MiB), which cut off and do not fail. */
const MAX_RESPONSE_BYTES = 16_777_216;

export interface CrawlOptions {
  /** Pages read, answering or not. */
  readonly maxPages: number;
  readonly followLinks: boolean;
}

export interface CrawlParts {
  readonly clock: Clock;
  readonly policy: AddressPolicy;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/**
 * Crawls the pages of one site: those of its sitemaps, then those that are linked. Every connection is closed when it
 * is done, in whatever way.
 * @throws ToolError when nothing can be read there; the reason of the context's signal
 */
export async function crawlSite(
  start: URL,
  options: CrawlOptions,
  parts: CrawlParts,
  context: ToolContext,
): Promise<CrawlReport> {
  const { policy, clock, resolve } = parts;
  const agent = new GuardedAgent({ policy, maxResponseBytes: MAX_RESPONSE_BYTES, ...(resolve && { resolve }) });
  try {
    return await new SiteCrawl(start, options, parts, context, new SiteReader(agent, clock)).run();
  } finally {
    await agent.close();
  }
}

/** What came of one page. */
type Outcome = CrawlError | { readonly url: URL; readonly status: number; readonly reading: PageReading };

/** What is known of the site once its first URL has been read. */
interface Site {
  readonly robots: RobotsPolicy;
  readonly pacer: Pacer;
  readonly frontier: Frontier;
  readonly walk: SitemapWalk;
}

class SiteCrawl {
  private readonly log = new CrawlLog();
  private readonly directory: RobotsDirectory;
  private readonly visit: { signal: AbortSignal; timeoutMs: number };
  /** Pages that were begun. */
  private attempts = 0;
  private done = 0;

  constructor(
    private readonly start: URL,
    private readonly options: CrawlOptions,
    private readonly parts: CrawlParts,
    private readonly context: ToolContext,
    private readonly reader: SiteReader,
  ) {
    this.visit = { signal: context.signal, timeoutMs: PAGE_TIMEOUT_MS };
    this.directory = new RobotsDirectory(reader, this.visit);
  }

  async run(): Promise<CrawlReport> {
    const { start, context, options } = this;
    const { site, first } = await this.open();
    const { frontier, walk } = site;
    frontier.exclude(start);
    await this.findPages(site, first);
    if (options.maxPages > FEW_PAGES && (options.followLinks || frontier.waiting > FEW_PAGES))
      await context.detach(`crawling ${frontier.origin}`);
    if (first !== undefined) {
      this.attempts = 1;
      this.reportDone(site, start);
      this.merge(site, start, first);
    }
    await runInOrder({
      limit: CONCURRENCY,
      next: () => this.next(site),
      work: (url) => this.readOne(site, url),
      merge: (url, outcome) => {
        this.merge(site, url, outcome);
      },
    });
    return this.log.report({
      url: start.href,
      origin: frontier.origin,
      sitemaps: [...walk.sitemaps],
      notCrawled: frontier.waiting,
      otherOrigins: frontier.outside,
    });
  }

  /** Reads the first URL, whose redirects decide which site it is. `first` is undefined when it is a sitemap. */
  private async open(): Promise<{ site: Site; first: Outcome | undefined }> {
    const { start } = this;
    // Without its rules nothing may be read; a host that cannot be reached shows here too.
    await this.directory.of(start.origin).catch((thrown: unknown) => {
      throw thrown instanceof CrawlError ? refuseStart(start, thrown) : thrown;
    });
    const permit = (url: URL): Promise<void> => this.directory.permit(url);
    try {
      return await this.reader.read(start, { ...this.visit, permit }, async (answer) => {
        const site = await this.siteAt(answer.url.origin);
        return { site, first: await takeFirst(site, answer) };
      });
    } catch (thrown) {
      if (!(thrown instanceof CrawlError)) throw thrown;
      if (thrown.code === 'crawl.not_public') throw refuseStart(start, thrown);
      return { site: await this.siteAt(start.origin), first: thrown };
    }
  }

  private async siteAt(origin: string): Promise<Site> {
    const robots = await this.directory.of(origin);
    const pacer = new Pacer(this.parts.clock, robots.delayMs);
    const frontier = new Frontier(origin, this.options.maxPages * KNOWN_PER_PAGE);
    const onError = (url: string, message: string): void => {
      this.log.error(url, message);
    };
    const { signal } = this.context;
    return {
      robots,
      pacer,
      frontier,
      walk: new SitemapWalk({ reader: this.reader, pacer, signal, frontier, onError }),
    };
  }

  /** @throws ToolError when the first URL cannot be read and no sitemap names another page */
  private async findPages({ robots, frontier, walk }: Site, first: Outcome | undefined): Promise<void> {
    const root = new URL('/', frontier.origin);
    const guess = new URL('/sitemap.xml', root);
    if (first !== undefined) for (const sitemap of robots.sitemaps) walk.add(sitemap, root);
    await walk.run();
    if (first === undefined || frontier.waiting > 0) return;
    if (robots.allows(guess)) walk.add(guess.href, root, { guessed: true });
    await walk.run();
    if (frontier.waiting > 0 || !(first instanceof CrawlError) || first.code === 'crawl.disallowed') return;
    throw refuseStart(this.start, first);
  }

  /** The next page that may be read. */
  private async next({ frontier, robots }: Site): Promise<URL | undefined> {
    while (this.attempts < this.options.maxPages) {
      const url = frontier.take();
      if (url === undefined) return undefined;
      // Between any two pages, also those that are only looked up in robots.txt, others get their turn.
      await this.context.breathe();
      try {
        requireAllowed(robots, url);
      } catch (thrown) {
        this.log.unread(url.href, thrown as CrawlError);
        continue;
      }
      this.attempts += 1;
      return url;
    }
    return undefined;
  }

  private async readOne(site: Site, url: URL): Promise<Outcome> {
    await site.pacer.turn(this.context.signal);
    const permit = (target: URL, hop: number): void => {
      if (hop > 0) this.permitHop(site, target);
    };
    try {
      return await this.reader.read(url, { ...this.visit, permit }, readOutcome);
    } catch (thrown) {
      if (thrown instanceof CrawlError) return thrown;
      throw thrown;
    } finally {
      this.reportDone(site, url);
    }
  }

  /** A page of the site leads to pages of the site; where else it leads is said and not visited. */
  private permitHop({ frontier, robots }: Site, target: URL): void {
    if (target.origin === frontier.origin) requireAllowed(robots, target);
    else if (this.parts.policy.permitsLiteral(target.hostname))
      throw new CrawlError('crawl.other_origin', 'redirects to another site');
    else throw redirectToPrivate();
  }

  private reportDone({ frontier }: Site, { pathname, search }: URL): void {
    this.done += 1;
    const total = Math.min(this.options.maxPages, this.attempts + frontier.waiting);
    this.context.progress(this.done, total, `page ${this.done} of ${total}: ${pathname}${search}`);
  }

  private merge({ frontier }: Site, url: URL, outcome: Outcome): void {
    if (outcome instanceof CrawlError) {
      this.log.unread(url.href, outcome);
      return;
    }
    const { status, reading } = outcome;
    this.log.page({
      url: url.href,
      status,
      size: reading.size,
      ...(reading.title !== undefined && { title: reading.title }),
      ...(outcome.url.href !== url.href && { redirectedTo: outcome.url.href }),
      ...(reading.truncatedBody && { truncatedBody: true }),
    });
    frontier.exclude(outcome.url);
    // What an error page links to is the site's menu at best.
    if (this.options.followLinks && status < 300) for (const link of reading.links) frontier.add(link);
  }
}

async function readOutcome(answer: Answer): Promise<Outcome> {
  return { url: answer.url, status: answer.status, reading: await readPage(answer) };
}

/** The first URL as a page, or undefined when it is a sitemap, whose pages are then known. */
async function takeFirst({ walk }: Site, answer: Answer): Promise<Outcome | undefined> {
  if (!mayBeSitemap(answer)) return readOutcome(answer);
  const { kind, ...reading } = await walk.take(answer, 0);
  if (kind !== 'other') return undefined;
  return { url: answer.url, status: answer.status, reading: { ...reading, title: undefined, links: [] } };
}
