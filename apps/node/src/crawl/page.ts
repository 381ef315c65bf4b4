import { Parser } from 'htmlparser2';
import { boundedBytes, charsetOf, decodeText, decompressed, drain, mediaType } from './body.js';
import { parseLink } from './page-url.js';
import type { Answer } from './site-reader.js';

/** Bytes of a page that are read. */
const MAX_BYTES = 2_097_152;

const MAX_TITLE = 200;

/** Text of a title that is collected before white space is folded: a page may be one long title. */
const MAX_RAW_TITLE = 4_096;

/** Distinct links taken from one page, and hrefs looked at for them. */
const MAX_LINKS = 1_000;
const MAX_HREFS = 10_000;

/**
 * Elements within each other; what is deeper is not read. The parser searches its open elements for each closing tag,
 * so a page of 100,000 opening and as many wrong closing tags would take minutes. Browsers stop at 512.
 */
const MAX_DEPTH = 512;

const HTML_TYPES: ReadonlySet<string> = new Set(['', 'text/html', 'application/xhtml+xml']);

const LINKING_TAGS: ReadonlySet<string> = new Set(['a', 'area']);

export interface PageReading {
  /** Bytes of the body without content encoding, at most 2 MiB. */
  readonly size: number;
  /** Whether the body was longer. */
  readonly truncatedBody: boolean;
  /** White space folded, at most 200 characters; undefined where there is none and for what is no HTML. */
  readonly title: string | undefined;
  /** http and https URLs without fragment, in the page's order, of any origin. */
  readonly links: readonly URL[];
}

/** Reads a page as it comes, in bounded memory; of what is no HTML only the size. */
export async function readPage(answer: Answer): Promise<PageReading> {
  const body = boundedBytes(decompressed(answer), MAX_BYTES);
  const scan = new PageScan(answer.url);
  if (HTML_TYPES.has(mediaType(answer.headers))) {
    for await (const text of decodeText(body.chunks(), charsetOf(answer.headers), true)) scan.write(text);
    scan.end();
  } else {
    await drain(body);
  }
  return { size: body.size, truncatedBody: body.truncated, title: scan.title, links: scan.links };
}

/** Thrown out of the parser, whose state does not matter any more. */
class TooDeep extends Error {}

/** Title and links of one page. */
class PageScan {
  private readonly found = new Map<string, URL>();
  private rawTitle: string | undefined;
  private inTitle = false;
  private base: URL;
  private hasBase = false;
  private depth = 0;
  /** Open `<svg>` elements: their `<title>` is a picture's. */
  private pictures = 0;
  private hrefs = 0;
  private stopped = false;
  private readonly parser = new Parser({
    onopentag: (name, attributes) => {
      this.open(name, attributes);
    },
    ontext: (text) => {
      if (this.inTitle && (this.rawTitle ?? '').length < MAX_RAW_TITLE) this.rawTitle = (this.rawTitle ?? '') + text;
    },
    onclosetag: (name) => {
      this.depth -= 1;
      if (name === 'svg') this.pictures -= 1;
      if (name === 'title') this.inTitle = false;
    },
  });

  constructor(url: URL) {
    this.base = url;
  }

  get title(): string | undefined {
    const title = this.rawTitle?.slice(0, MAX_RAW_TITLE).replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE);
    return title === '' ? undefined : title;
  }

  get links(): readonly URL[] {
    return [...this.found.values()];
  }

  write(text: string): void {
    this.feed(() => {
      this.parser.write(text);
    });
  }

  end(): void {
    this.feed(() => {
      this.parser.end();
    });
  }

  private feed(step: () => void): void {
    if (this.stopped) return;
    try {
      step();
    } catch (thrown) {
      if (!(thrown instanceof TooDeep)) throw thrown;
      this.stopped = true;
    }
  }

  private open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new TooDeep();
    if (name === 'svg') this.pictures += 1;
    if (name === 'title' && this.pictures === 0 && this.rawTitle === undefined) {
      this.inTitle = true;
      this.rawTitle = '';
    }
    const { href } = attributes;
    if (href === undefined) return;
    if (name === 'base') this.rebase(href);
    else if (LINKING_TAGS.has(name)) this.link(href);
  }

  /** The first `<base>` counts. */
  private rebase(href: string): void {
    if (this.hasBase) return;
    this.hasBase = true;
    this.base = parseLink(href, this.base) ?? this.base;
  }

  private link(href: string): void {
    if (this.found.size === MAX_LINKS || this.hrefs === MAX_HREFS) return;
    this.hrefs += 1;
    const url = parseLink(href, this.base);
    if (url !== undefined && !this.found.has(url.href)) this.found.set(url.href, url);
  }
}
