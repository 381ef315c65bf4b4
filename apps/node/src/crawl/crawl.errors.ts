import { asError, errorCode, LocalError } from '@mcp-cluster/kernel';
import { errors } from 'undici';

/** Why a page, a sitemap or a robots.txt could not be read. */
export type CrawlErrorCode =
  /** Its host has an address that may not be reached, or it redirects to one. */
  | 'crawl.not_public'
  /** Not http or https. */
  | 'crawl.scheme'
  /** A user name or password in the URL. */
  | 'crawl.credentials'
  /** No such host. */
  | 'crawl.no_host'
  | 'crawl.refused'
  /** Not complete in time. */
  | 'crawl.timeout'
  /** Too many redirects, or in a circle, or to nowhere. */
  | 'crawl.redirects'
  /** A page that redirects to another origin. */
  | 'crawl.other_origin'
  /** robots.txt does not want it. */
  | 'crawl.disallowed'
  /** robots.txt cannot be read, which means that nothing may be. */
  | 'crawl.robots'
  | 'crawl.certificate'
  /** A sitemap that is none, or is too large. */
  | 'crawl.sitemap'
  /** What came is no answer in HTTP, or ended before its end. */
  | 'crawl.broken';

/** The message is for the caller, a phrase about the address: "redirects in a circle". It never names an IP address. */
export class CrawlError extends LocalError {
  constructor(
    override readonly code: CrawlErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.name = 'CrawlError';
  }
}

const NETWORK_ERRORS: Readonly<Record<string, readonly [CrawlErrorCode, string]>> = {
  ENOTFOUND: ['crawl.no_host', 'no such host'],
  ENODATA: ['crawl.no_host', 'no such host'],
  EAI_AGAIN: ['crawl.no_host', 'the host cannot be looked up now'],
  ECONNREFUSED: ['crawl.refused', 'the connection was refused'],
  EHOSTUNREACH: ['crawl.refused', 'the host cannot be reached'],
  ENETUNREACH: ['crawl.refused', 'the host cannot be reached'],
  EACCES: ['crawl.refused', 'the host cannot be reached'],
  EPERM: ['crawl.refused', 'the host cannot be reached'],
  ETIMEDOUT: ['crawl.timeout', 'no answer in time'],
  UND_ERR_CONNECT_TIMEOUT: ['crawl.timeout', 'no answer in time'],
  UND_ERR_HEADERS_TIMEOUT: ['crawl.timeout', 'no answer in time'],
  UND_ERR_BODY_TIMEOUT: ['crawl.timeout', 'no answer in time'],
};

/** Codes of OpenSSL and Node for a certificate that is not accepted. */
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_/;

/**
 * What a library or the system threw, in the caller's terms; the details stay in `cause`. What has no code comes from
 * none of them: it is a fault of ours and stays as it is.
 */
export function explainFailure(thrown: unknown): Error {
  const code = errorCode(thrown) ?? (thrown instanceof errors.HTTPParserError ? 'HPE' : undefined);
  if (code === undefined || thrown instanceof CrawlError) return asError(thrown);
  const known = NETWORK_ERRORS[code];
  if (known !== undefined) return new CrawlError(known[0], known[1], { cause: thrown });
  if (CERTIFICATE_CODE.test(code))
    return new CrawlError('crawl.certificate', 'its certificate is not accepted', { cause: thrown });
  return new CrawlError('crawl.broken', 'the connection broke or the answer is no HTTP', { cause: thrown });
}
