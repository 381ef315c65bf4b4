import type { Clock } from '@mcp-cluster/kernel';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { CrawlError, explainFailure } from './crawl.errors.js';
import type { GuardedAgent } from './guarded-agent.js';

/** As RFC 9309 asks for robots.txt, and enough for any page. */
const MAX_REDIRECTS = 5;

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What came for a URL. */
export interface Answer {
  /** Where the redirects ended. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export interface Visit {
  readonly signal: AbortSignal;
  /** Milliseconds for everything: connecting, redirects and the body. */
  readonly timeoutMs: number;
  /** Asked before each request, `hop` 0 being the URL itself; throws what speaks against it. */
  readonly permit?: (url: URL, hop: number) => void | Promise<void>;
}

/** Reads URLs through the guarded agent, following redirects itself so that each hop is looked at. */
export class SiteReader {
  constructor(
    private readonly agent: Pick<GuardedAgent, 'get'>,
    private readonly clock: Clock,
  ) {}

  /**
   * @param take reads the body; what it leaves of it is thrown away
   * @throws CrawlError saying why the URL could not be read, or the reason of the visit's signal
   */
  async read<T>(url: URL, visit: Visit, take: (answer: Answer) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    const timer = this.clock.after(visit.timeoutMs, () => {
      deadline.abort(new CrawlError('crawl.timeout', `no answer within ${visit.timeoutMs / 1_000} s`));
    });
    const signal = AbortSignal.any([visit.signal, deadline.signal]);
    try {
      return await this.follow(url, visit, signal, take);
    } catch (thrown) {
      // An aborted stream fails in many ways; the reason is what counts.
      throw signal.aborted ? (signal.reason as Error) : explainFailure(thrown);
    } finally {
      timer.cancel();
    }
  }

  private async follow<T>(
    url: URL,
    visit: Visit,
    signal: AbortSignal,
    take: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const seen = new Set<string>();
    for (let target = url, hop = 0; ; hop += 1) {
      if (seen.has(target.href)) throw new CrawlError('crawl.redirects', 'redirects in a circle');
      seen.add(target.href);
      const { statusCode: status, headers, body } = await this.get(target, hop, visit, signal);
      // Destroying a body that has not ended makes it fail, with nobody else to listen.
      body.on('error', () => undefined);
      try {
        const location = REDIRECT_STATUS.has(status) ? headers.location : undefined;
        if (location === undefined) return await take({ url: target, status, headers, body });
        if (hop === MAX_REDIRECTS) throw new CrawlError('crawl.redirects', `more than ${MAX_REDIRECTS} redirects`);
        target = redirectTarget(location, target);
      } finally {
        body.destroy();
      }
    }
  }

  private async get(target: URL, hop: number, visit: Visit, signal: AbortSignal) {
    requireWebUrl(target);
    try {
      await visit.permit?.(target, hop);
      return await this.agent.get(target, signal);
    } catch (thrown) {
      if (hop === 0 || !(thrown instanceof CrawlError) || thrown.code !== 'crawl.not_public') throw thrown;
      throw redirectToPrivate(thrown);
    }
  }
}

/** What is said of a page that leads to where nobody may go. */
export function redirectToPrivate(cause?: unknown): CrawlError {
  return new CrawlError('crawl.not_public', 'redirects to an address that is not public', { cause });
}

/** @throws CrawlError `crawl.scheme`, `crawl.credentials` */
function requireWebUrl(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new CrawlError('crawl.scheme', 'redirects to an address that is neither http nor https');
  if (url.username !== '' || url.password !== '')
    throw new CrawlError('crawl.credentials', 'redirects to an address with a user name or password');
}

function redirectTarget(location: string | string[], from: URL): URL {
  const url = URL.parse(String(Array.isArray(location) ? location[0] : location), from);
  if (url === null) throw new CrawlError('crawl.redirects', 'redirects to something that is no address');
  url.hash = '';
  return url;
}
