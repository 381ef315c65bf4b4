import { z } from 'zod';
import type { CrawlError } from './crawl.errors.js';

/** Pages in the result (S10). */
const MAX_PAGES = 20;

/** A site with more broken pages than this is broken as a whole. */
const MAX_ERRORS = 50;

const MAX_SKIPPED = 20;

const page = z.object({
  url: z.string(),
  status: z.int().describe('HTTP status.'),
  size: z.int().describe('Bytes of the body that were read, at most 2 MiB.'),
  title: z.string().optional().describe('Of HTML pages that have one; at most 200 characters.'),
  redirectedTo: z.string().optional().describe('Where the page was found in the end.'),
  truncatedBody: z.boolean().optional().describe('The body is longer than size.'),
});

export const crawlReport = z.object({
  url: z.string().describe('Where the crawl began.'),
  origin: z.string().describe('The origin whose pages were crawled: that of url, after its redirects.'),
  sitemaps: z.array(z.string()).describe('Sitemaps that were used; empty when only links were followed.'),
  crawled: z.int().describe('Pages that answered.'),
  pages: z.array(page).describe('The first 20 pages, in the order in which they became known.'),
  truncated: z.boolean().describe('There are more pages than are shown.'),
  failed: z.int().describe('Pages and sitemaps that did not answer or answered with a status of 400 or more.'),
  errors: z.array(z.object({ url: z.string(), error: z.string() })).describe('The first 50 of those.'),
  skipped: z.int().describe('Pages that robots.txt does not allow.'),
  skippedPages: z.array(z.string()).describe('The first 20 of those.'),
  notCrawled: z.int().describe('Pages that are known but were left out because of maxPages.'),
  otherOrigins: z.int().describe('Links and sitemap entries that lead to other origins.'),
});

export type CrawlReport = z.output<typeof crawlReport>;
export type CrawledPage = z.output<typeof page>;

/** Gathers what a crawl finds, in bounded memory. */
export class CrawlLog {
  private crawled = 0;
  private failed = 0;
  private skipped = 0;
  private readonly pages: CrawledPage[] = [];
  private readonly errors: CrawlReport['errors'] = [];
  private readonly skippedPages: string[] = [];

  /** Pages that answered. */
  get answered(): number {
    return this.crawled;
  }

  page(found: CrawledPage): void {
    this.crawled += 1;
    if (this.pages.length < MAX_PAGES) this.pages.push(found);
    if (found.status >= 400) this.error(found.url, `status ${found.status}`);
  }

  error(url: string, error: string): void {
    this.failed += 1;
    if (this.errors.length < MAX_ERRORS) this.errors.push({ url, error });
  }

  /** A page that could not be read: skipped when robots.txt is why, otherwise an error. */
  unread(url: string, why: CrawlError): void {
    if (why.code !== 'crawl.disallowed') {
      this.error(url, why.message);
      return;
    }
    this.skipped += 1;
    if (this.skippedPages.length < MAX_SKIPPED) this.skippedPages.push(url);
  }

  report(site: Pick<CrawlReport, 'url' | 'origin' | 'sitemaps' | 'notCrawled' | 'otherOrigins'>): CrawlReport {
    const { crawled, pages, failed, errors, skipped, skippedPages } = this;
    return { ...site, crawled, pages, truncated: crawled > pages.length, failed, errors, skipped, skippedPages };
  }
}

/** The report for people. */
export function describeCrawl(report: CrawlReport): string {
  const { crawled, failed, skipped, notCrawled, origin, sitemaps, pages, errors } = report;
  const source = sitemaps.length === 0 ? 'no sitemap' : `${sitemaps.length} sitemap${sitemaps.length === 1 ? '' : 's'}`;
  return [
    `${origin}: ${crawled} pages (${source}), ${failed} errors, ${skipped} skipped for robots.txt, ${notCrawled} known and not crawled.`,
    ...pages.map(
      ({ url, status, size, title }) => `${status} ${size} bytes ${url}${title === undefined ? '' : ` ${title}`}`,
    ),
    ...(report.truncated ? [`and ${crawled - pages.length} more pages`] : []),
    ...errors.map(({ url, error }) => `error: ${url}: ${error}`),
  ].join('\n');
}
