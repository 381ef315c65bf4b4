import { boundedBytes, decodeText, decompressed } from './body.js';
import { CrawlError } from './crawl.errors.js';
import { RobotsPolicy } from './robots.policy.js';
import type { Answer, SiteReader, Visit } from './site-reader.js';

/** RFC 9309 asks crawlers to read at least this much; what follows is ignored. */
const MAX_BYTES = 512_000;

/**
 * Reads a site's robots.txt. One that is not there (4xx, or lost in redirects) allows everything; one that cannot be
 * had (5xx, no answer) forbids everything (RFC 9309, 2.3.1).
 * @throws CrawlError `crawl.robots` for 5xx, or why there was no answer
 */
export async function readRobots(origin: string, reader: SiteReader, visit: Visit): Promise<RobotsPolicy> {
  try {
    return await reader.read(new URL('/robots.txt', origin), visit, async (answer) => {
      if (answer.status >= 500)
        throw new CrawlError('crawl.robots', `its robots.txt answers with status ${answer.status}, which forbids all`);
      return new RobotsPolicy(origin, answer.status >= 200 && answer.status < 300 ? await readText(answer) : '');
    });
  } catch (thrown) {
    if (thrown instanceof CrawlError && thrown.code === 'crawl.redirects') return new RobotsPolicy(origin, '');
    throw thrown;
  }
}

async function readText(answer: Answer): Promise<string> {
  const body = boundedBytes(decompressed(answer), MAX_BYTES);
  let text = '';
  for await (const part of decodeText(body.chunks(), undefined)) text += part;
  return text;
}
