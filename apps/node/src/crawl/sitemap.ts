import { Parser } from 'htmlparser2';
import { boundedBytes, charsetOf, decodeText, decompressed, mediaType, unpacked } from './body.js';
import { MAX_URL_LENGTH } from './page-url.js';
import type { Answer } from './site-reader.js';

/** Bytes of one sitemap, unpacked, that are read. The standard allows 50 MB, for 50,000 URLs; a crawl needs fewer. */
const MAX_BYTES = 10_485_760;

/** Elements within each other; a sitemap with images has 4. */
const MAX_DEPTH = 16;

const XML_TYPES: ReadonlySet<string> = new Set(['application/xml', 'text/xml']);

/** `pages`: URLs of pages; `index`: URLs of sitemaps; `other`: no sitemap. */
export type SitemapKind = 'pages' | 'index' | 'other';

/** Called with each location, as it stands there; false ends the reading. */
export type LocationListener = (location: string, kind: 'pages' | 'index') => boolean;

export interface SitemapReading {
  readonly kind: SitemapKind;
  /** Bytes read, unpacked. */
  readonly size: number;
  /** Whether it was longer than 10 MiB. */
  readonly truncatedBody: boolean;
}

/** Whether an answer to a URL that anybody may have typed is worth reading as a sitemap. */
export function mayBeSitemap({ url, status, headers }: Answer): boolean {
  if (status < 200 || status > 299) return false;
  const path = url.pathname.toLowerCase();
  return (
    XML_TYPES.has(mediaType(headers)) ||
    path.endsWith('.xml.gz') ||
    (path.endsWith('.txt') && path.includes('sitemap') && mediaType(headers) === 'text/plain')
  );
}

/**
 * Reads a sitemap as it comes: XML (urlset, sitemapindex) or text with one URL a line, packed with gzip or not.
 * Entities that a document declares itself stay what they are, so none can grow.
 */
export async function readSitemap(answer: Answer, onLocation: LocationListener): Promise<SitemapReading> {
  const body = boundedBytes(unpacked(decompressed(answer)), MAX_BYTES);
  let scan: SitemapScan | undefined;
  for await (const text of decodeText(body.chunks(), charsetOf(answer.headers))) {
    if (scan === undefined && text.trim() === '') continue;
    scan ??= text.trimStart().startsWith('<') ? new XmlScan(onLocation) : new TextScan(onLocation);
    scan.write(text);
    // Of what is no sitemap only the size is wanted.
    if (scan.done && scan.kind !== 'other') break;
  }
  scan?.end();
  return { kind: scan?.kind ?? 'other', size: body.size, truncatedBody: body.truncated };
}

interface SitemapScan {
  readonly kind: SitemapKind;
  /** Nothing more is wanted. */
  readonly done: boolean;
  write(text: string): void;
  end(): void;
}

/** Thrown out of the parser, whose state does not matter any more. */
class Enough extends Error {}

class XmlScan implements SitemapScan {
  kind: SitemapKind = 'other';
  done = false;
  private depth = 0;
  private location: string | undefined;
  private readonly parser = new Parser(
    {
      onopentagname: (name) => {
        this.open(localName(name));
      },
      ontext: (text) => {
        if (this.location !== undefined && this.location.length <= MAX_URL_LENGTH) this.location += text;
      },
      onclosetag: () => {
        this.close();
      },
    },
    { xmlMode: true },
  );

  constructor(private readonly onLocation: LocationListener) {}

  write(text: string): void {
    if (this.done) return;
    try {
      this.parser.write(text);
    } catch (thrown) {
      if (!(thrown instanceof Enough)) throw thrown;
      this.done = true;
    }
  }

  end(): void {
    // What is left open was cut off: a location without its end is not trusted.
  }

  private open(name: string): void {
    this.depth += 1;
    if (this.depth === 1) {
      if (name === 'urlset') this.kind = 'pages';
      else if (name === 'sitemapindex') this.kind = 'index';
      else throw new Enough();
    }
    if (this.depth > MAX_DEPTH) throw new Enough();
    // root, entry, loc: <image:loc> is one deeper.
    if (this.depth === 3 && name === 'loc') this.location = '';
  }

  private close(): void {
    this.depth -= 1;
    const { location, kind } = this;
    if (this.depth !== 2 || location === undefined) return;
    this.location = undefined;
    if (kind !== 'other' && !this.onLocation(location.trim(), kind)) throw new Enough();
  }
}

class TextScan implements SitemapScan {
  kind: SitemapKind = 'other';
  done = false;
  private rest = '';
  private tooLong = false;

  constructor(private readonly onLocation: LocationListener) {}

  write(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.done) return;
      if (!this.tooLong) this.take(line);
      this.tooLong = false;
    }
    if (this.rest.length <= MAX_URL_LENGTH) return;
    this.tooLong = true;
    this.rest = '';
  }

  end(): void {
    if (!this.done && !this.tooLong) this.take(this.rest);
  }

  private take(line: string): void {
    const location = line.trim();
    if (!/^https?:\/\//i.test(location)) return;
    this.kind = 'pages';
    this.done = !this.onLocation(location, 'pages');
  }
}

/** `sm:urlset` is `urlset`: namespaces may be given a prefix. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase();
}
