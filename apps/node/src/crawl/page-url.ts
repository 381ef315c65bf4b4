import { ToolError } from '@mcp-cluster/tools';

/** Characters of a URL that is followed; longer ones are made by loops more often than by people. */
export const MAX_URL_LENGTH = 2_048;

/** Characters of a caller's text that an error repeats. */
const MAX_QUOTED = 200;

/**
 * The URL that a crawl begins with. The WHATWG parser has one spelling for each IPv4 address: 0x7f.1, 2130706433 and
 * 0177.0.0.1 all become 127.0.0.1 here. Whether an address may be reached is decided when it is connected to.
 * @throws ToolError naming `url`; a password is not repeated
 */
export function parseStartUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new ToolError(`url: expected an http or https URL, got ${quote(text)}`);
  if (url.username !== '' || url.password !== '')
    throw new ToolError('url: expected a URL without user name and password, got one with them');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ToolError(`url: expected an http or https URL, got ${quote(text)}`);
  url.hash = '';
  return url;
}

/** A link as a page to visit: http or https, without credentials and fragment. Anything else is undefined. */
export function parseLink(text: string, base?: URL): URL | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_URL_LENGTH) return undefined;
  const url = URL.parse(trimmed, base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  url.hash = '';
  return url.href.length > MAX_URL_LENGTH ? undefined : url;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}
