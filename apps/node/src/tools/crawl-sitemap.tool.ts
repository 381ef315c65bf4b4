import type { Clock } from '@mcp-cluster/kernel';
import { structured, Tool, type ToolContext } from '@mcp-cluster/tools';
import { CLOCK } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AddressPolicy } from '../crawl/address.policy.js';
import { crawlReport, describeCrawl } from '../crawl/crawl-report.js';
import { MAX_URL_LENGTH, parseStartUrl } from '../crawl/page-url.js';
import { crawlSite } from '../crawl/site-crawl.js';
import { CRAWL_ALLOW } from '../files/folders.js';

/** With 5 s a page and four at once a hanging site takes ten minutes; more is a job, not a call. */
const MAX_PAGES = 500;

const input = z.object({
  url: z
    .string()
    .min(1)
    .max(MAX_URL_LENGTH)
    .describe('An http or https URL on any port: a page of the site, or its sitemap.'),
  maxPages: z.int().min(1).max(MAX_PAGES).default(50).describe('Pages to read, those that do not answer included.'),
  followLinks: z.boolean().default(true).describe('Also read pages of the same origin that are linked.'),
});

/** Crawls one public site (S10). Which addresses are public is `AddressPolicy`'s to say. */
@Injectable()
export class CrawlSitemapTool {
  private readonly policy: AddressPolicy;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CRAWL_ALLOW) allow: readonly string[],
  ) {
    this.policy = new AddressPolicy(allow);
  }

  @Tool({
    name: 'crawl_sitemap',
    title: 'Crawl sitemap',
    description:
      'Reads the pages of one site, from its sitemap and by its links: title, status and size of each, errors, with progress after every page. Respects robots.txt; reaches public addresses only.',
    input,
    output: crawlReport,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
  })
  async crawlSitemap({ url, ...options }: z.output<typeof input>, context: ToolContext) {
    const report = await crawlSite(parseStartUrl(url), options, { clock: this.clock, policy: this.policy }, context);
    return structured(report, describeCrawl(report));
  }
}
