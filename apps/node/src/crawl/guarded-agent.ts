import { lookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { VERSION } from '../version.js';
import type { AddressPolicy } from './address.policy.js';
import { CrawlError } from './crawl.errors.js';
import { CRAWLER_NAME } from './robots.policy.js';

/** Finds all addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Connections to one origin: as many as pages are read at once. */
const CONNECTIONS = 4;

/** Milliseconds for a connection, for the headers, and between two pieces of a body. */
const TIMEOUT_MS = 5_000;

/** Bytes of headers: what Node takes by default. Pinned, so that a flag of the process does not raise it. */
const MAX_HEADER_BYTES = 16_384;

/** A crawl leaves its origin only for redirects at the start and for sitemaps of other hosts; both are few. */
const MAX_ORIGINS = 64;

export interface GuardedAgentOptions {
  readonly policy: AddressPolicy;
  /** Bytes of one body, as sent; more ends the connection. The fence behind the bounds of each reader. */
  readonly maxResponseBytes: number;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/**
 * An HTTP client that connects only to addresses that the policy permits (O1). The check is made when a connection is
 * opened, on the addresses that the socket is then given, so there is no second lookup that could answer otherwise.
 * It follows no redirect and knows no proxy: a proxy would connect where it likes.
 */
export class GuardedAgent {
  private readonly ending = new AbortController();
  private readonly agent: Agent;

  constructor({ policy, maxResponseBytes, resolve = resolveBySystem }: GuardedAgentOptions) {
    this.agent = new Agent({
      connect: guardedConnector(policy, resolve, this.ending.signal),
      connections: CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      maxResponseSize: maxResponseBytes,
      maxOrigins: MAX_ORIGINS,
    });
  }

  /**
   * Sends a GET. The caller reads or destroys the body.
   * @throws what the signal was aborted with, CrawlError `crawl.not_public`, or an error of the network
   */
  async get(url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    signal.throwIfAborted();
    const request = this.agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { 'user-agent': `${CRAWLER_NAME}/${VERSION}`, accept: '*/*', 'accept-encoding': 'identity' },
      signal,
    });
    // undici heeds a signal only once the request is on a connection. One that never opens would outlast it.
    return await abortable(request, signal);
  }

  /** Ends every connection, also those that are being opened. */
  async close(): Promise<void> {
    this.ending.abort();
    await this.agent.destroy();
  }
}

function resolveBySystem(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true });
}

function guardedConnector(policy: AddressPolicy, resolve: Resolve, signal: AbortSignal): buildConnector.connector {
  const connect = buildConnector({
    lookup: guardedLookup(policy, resolve),
    autoSelectFamily: true,
    timeout: TIMEOUT_MS,
    allowH2: false,
    signal,
  });
  return (options, callback) => {
    // A socket looks up names only: an IP address has to be checked before.
    if (policy.permitsLiteral(options.hostname)) {
      connect(options, callback);
      return;
    }
    queueMicrotask(() => {
      callback(notPublic(), null);
    });
  };
}

/**
 * A lookup for `node:net` that gives only addresses that may be connected to. One address that may not be refuses the
 * host: which of them is tried first must not decide.
 */
export function guardedLookup(policy: AddressPolicy, resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolveChecked(host, policy, resolve).then(
      ([first, ...others]) => {
        if (options.all === true) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (thrown: unknown) => {
        callback(thrown as NodeJS.ErrnoException, []);
      },
    );
  };
}

async function resolveChecked(
  host: string,
  policy: AddressPolicy,
  resolve: Resolve,
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const [first, ...others] = await resolve(host);
  if (first === undefined) throw new CrawlError('crawl.no_host', 'no such host');
  if (![first, ...others].every(({ address }) => policy.permits(host, address))) throw notPublic();
  return [first, ...others];
}

function notPublic(): CrawlError {
  return new CrawlError('crawl.not_public', 'its address is not public');
}

/** The work's outcome, or the signal's reason if that comes first; what the work then comes to is dropped. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
