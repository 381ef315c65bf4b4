import robotsParser from 'robots-parser';

/** What this crawler answers to in a robots.txt; the first word of its `User-Agent`. */
export const CRAWLER_NAME = 'mcp-cluster-crawler';

/** A delay that is asked for is kept up to this, in milliseconds: with an hour a crawl would never end. */
const MAX_DELAY_MS = 1_000;

/** Sitemaps of one robots.txt: as many as a crawl reads. */
const MAX_SITEMAPS = 50;

/** Characters of a value. URLs are no longer than this either. */
const MAX_LINE = 2_048;

/** Rules; each costs a little with every URL. */
const MAX_RULES = 2_000;

/**
 * Characters of all rules with a wildcard. Matching one costs its length times the length of a path; without a bound
 * a hostile robots.txt of 500 KiB would keep the node busy for seconds with every URL.
 */
const MAX_WILDCARD_CHARACTERS = 8_192;

// The package's types describe an ES module with a default export; what Node gives is the function itself.
const parseRobots = robotsParser as unknown as typeof robotsParser.default;

/** What a robots.txt (RFC 9309) wants of this crawler. */
export class RobotsPolicy {
  private readonly rules: ReturnType<typeof parseRobots>;

  /** @param origin the site, and the only one that the rules are for */
  constructor(
    private readonly origin: string,
    text: string,
  ) {
    this.rules = parseRobots(`${origin}/robots.txt`, ownLines(text));
  }

  /** False for URLs of other origins: they have rules of their own. */
  allows(url: URL): boolean {
    return url.origin === this.origin && this.rules.isAllowed(url.href, CRAWLER_NAME) === true;
  }

  /** Milliseconds between the beginnings of two requests, 0 to 1,000. */
  get delayMs(): number {
    const seconds = this.rules.getCrawlDelay(CRAWLER_NAME) ?? 0;
    return Math.min(Math.max(seconds * 1_000, 0), MAX_DELAY_MS);
  }

  /** As they stand there: absolute URLs, or nonsense. */
  get sitemaps(): string[] {
    return this.rules.getSitemaps().slice(0, MAX_SITEMAPS);
  }
}

/**
 * The lines that concern this crawler, so that the parser does not build rules for everybody else: it keeps each rule
 * once for every name above it, which 20,000 names make gigabytes. What is left out keeps its place, since a line that
 * names no crawler ends a group's names.
 */
function ownLines(text: string): string {
  const kept: string[] = [];
  const bounds = new RuleBounds();
  let names: string[] = [];
  let inNames = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const { field, value } = splitLine(line);
    if (field === undefined) continue;
    if (field === 'user-agent') {
      if (!inNames) names = [];
      inNames = true;
      const name = ownName(value);
      if (!names.includes(name)) kept.push(`user-agent: ${name}`);
      names.push(...(names.includes(name) ? [] : [name]));
      continue;
    }
    inNames = false;
    const concerns = field === 'sitemap' || names.some((name) => name !== OTHERS);
    kept.push(concerns && bounds.admit(field, value) ? `${field}: ${value}` : LEFT_OUT);
  }
  return kept.join('\n');
}

/** How much of one robots.txt is heeded; rules beyond are not, as those beyond 500 KiB. */
class RuleBounds {
  private rules = 0;
  private wildcardCharacters = 0;

  admit(field: string, value: string): boolean {
    if (value.length > MAX_LINE) return false;
    if (field !== 'allow' && field !== 'disallow') return true;
    this.rules += 1;
    if (this.rules > MAX_RULES) return false;
    if (!value.includes('*')) return true;
    this.wildcardCharacters += value.length;
    return this.wildcardCharacters <= MAX_WILDCARD_CHARACTERS;
  }
}

/** The name that stands for all crawlers that are not this one. */
const OTHERS = 'others';

const LEFT_OUT = 'left-out:';

/** Without its version: `mcp-cluster-crawler/1.0` is this crawler too. */
function ownName(value: string): string {
  const name = value.toLowerCase().split('/', 1)[0]?.trim() ?? '';
  return name === '*' || name === CRAWLER_NAME ? name : OTHERS;
}

function splitLine(line: string): { field?: string; value: string } {
  const plain = line.split('#', 1)[0] ?? '';
  const colon = plain.indexOf(':');
  const field = plain.slice(0, Math.max(colon, 0)).trim().toLowerCase();
  return field === '' ? { value: '' } : { field, value: plain.slice(colon + 1).trim() };
}
