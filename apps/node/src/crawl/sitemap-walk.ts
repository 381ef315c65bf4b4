import { CrawlError } from './crawl.errors.js';
import type { Frontier } from './frontier.js';
import { parseLink } from './page-url.js';
import type { Pacer } from './pacer.js';
import { readSitemap, type SitemapReading } from './sitemap.js';
import type { Answer, SiteReader } from './site-reader.js';

/** Sitemaps read in one crawl: each may come from another host and take its whole time. */
const MAX_SITEMAPS = 50;

/** Indexes within indexes. The standard allows none; sites have one or two. */
const MAX_NESTING = 3;

/** Milliseconds for one sitemap. It is larger than a page. */
const TIMEOUT_MS = 15_000;

export interface SitemapWalkParts {
  readonly reader: SiteReader;
  readonly pacer: Pacer;
  readonly signal: AbortSignal;
  /** Takes the pages. The walk ends when it is full. */
  readonly frontier: Frontier;
  /** Told of each sitemap that was promised and could not be used. */
  readonly onError: (url: string, message: string) => void;
}

interface Source {
  readonly url: URL;
  /** Indexes above it. */
  readonly nesting: number;
  /** Nobody said that it is there: nothing is said when it is not. */
  readonly guessed: boolean;
}

/** Goes through sitemaps and the sitemaps that their indexes name. */
export class SitemapWalk {
  private readonly sources: Source[] = [];
  private readonly known = new Set<string>();
  private readonly used: string[] = [];
  private next = 0;
  private overflowed = false;

  constructor(private readonly parts: SitemapWalkParts) {}

  /** The sitemaps that gave pages or sitemaps. */
  get sitemaps(): readonly string[] {
    return this.used;
  }

  add(text: string, base: URL, { nesting = 0, guessed = false } = {}): void {
    const url = parseLink(text, base);
    if (url === undefined || this.known.has(url.href)) return;
    if (this.sources.length < MAX_SITEMAPS) {
      this.known.add(url.href);
      this.sources.push({ url, nesting, guessed });
    } else if (!this.overflowed) {
      this.overflowed = true;
      this.parts.onError(base.href, `names more than ${MAX_SITEMAPS} sitemaps; the others were not read`);
    }
  }

  /** Reads what was added since it last ran, and what is found there. */
  async run(): Promise<void> {
    const { reader, pacer, signal, frontier, onError } = this.parts;
    for (let source = this.sources[this.next]; source !== undefined; source = this.sources[this.next]) {
      if (frontier.full) return;
      this.next += 1;
      await pacer.turn(signal);
      try {
        await reader.read(source.url, { signal, timeoutMs: TIMEOUT_MS }, (answer) => this.read(answer, source));
      } catch (thrown) {
        if (!(thrown instanceof CrawlError)) throw thrown;
        if (!source.guessed) onError(source.url.href, thrown.message);
      }
    }
  }

  private async read(answer: Answer, source: Source): Promise<void> {
    if (answer.status < 200 || answer.status > 299) throw new CrawlError('crawl.sitemap', `status ${answer.status}`);
    const reading = await this.take(answer, source.nesting);
    if (reading.kind === 'other') throw new CrawlError('crawl.sitemap', 'is no sitemap');
  }

  /**
   * Takes the locations of an answer that may be a sitemap. Pages of other origins do not count, nor do sitemaps that
   * an index of another origin names: only robots.txt may speak for another host.
   */
  async take(answer: Answer, nesting: number): Promise<SitemapReading> {
    const { frontier, onError } = this.parts;
    const reading = await readSitemap(answer, (location, kind) => {
      if (kind === 'index') this.addNested(location, answer.url, nesting);
      else this.addPage(location, answer.url);
      return !frontier.full;
    });
    if (reading.kind !== 'other') {
      this.used.push(answer.url.href);
      if (reading.truncatedBody) onError(answer.url.href, 'is longer than 10 MiB; the rest was not read');
    }
    return reading;
  }

  private addPage(location: string, base: URL): void {
    const url = parseLink(location, base);
    if (url !== undefined) this.parts.frontier.add(url);
  }

  private addNested(location: string, index: URL, nesting: number): void {
    if (parseLink(location, index)?.origin !== index.origin) return;
    if (nesting < MAX_NESTING) this.add(location, index, { nesting: nesting + 1 });
    else this.parts.onError(index.href, `is ${MAX_NESTING} indexes deep; its sitemaps were not read`);
  }
}
