import { ToolError } from '@mcp-cluster/tools';
import { CrawlError } from './crawl.errors.js';
import { quote } from './page-url.js';
import { readRobots } from './robots.js';
import type { RobotsPolicy } from './robots.policy.js';
import type { SiteReader, Visit } from './site-reader.js';

/** The robots.txt of each origin that a crawl's first URL leads through. */
export class RobotsDirectory {
  /** At most one more than there are redirects. */
  private readonly policies = new Map<string, RobotsPolicy>();

  constructor(
    private readonly reader: SiteReader,
    private readonly visit: Omit<Visit, 'permit'>,
  ) {}

  /** @throws CrawlError when the robots.txt cannot be had */
  async of(origin: string): Promise<RobotsPolicy> {
    const known = this.policies.get(origin);
    if (known !== undefined) return known;
    const policy = await readRobots(origin, this.reader, this.visit);
    this.policies.set(origin, policy);
    return policy;
  }

  /** @throws CrawlError `crawl.disallowed` */
  async permit(url: URL): Promise<void> {
    requireAllowed(await this.of(url.origin), url);
  }
}

/** @throws CrawlError `crawl.disallowed` */
export function requireAllowed(robots: RobotsPolicy, url: URL): void {
  if (!robots.allows(url)) throw new CrawlError('crawl.disallowed', 'robots.txt does not allow it');
}

/** What is wrong with the URL that the caller gave, named as such. It repeats what came and no address besides. */
export function refuseStart(url: URL, cause: CrawlError): ToolError {
  return new ToolError(
    `url: expected ${EXPECTED[cause.code] ?? 'a site that answers'}, got ${quote(url.href)}: ${cause.message}`,
    {
      cause,
    },
  );
}

const EXPECTED: Readonly<Partial<Record<CrawlError['code'], string>>> = {
  'crawl.not_public': 'a host with a public address',
  'crawl.no_host': 'a host that exists',
  'crawl.robots': 'a site that may be crawled',
  'crawl.redirects': 'a page',
  'crawl.scheme': 'a page',
  'crawl.credentials': 'a page',
};
