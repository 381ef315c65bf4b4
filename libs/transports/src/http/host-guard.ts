import type { IncomingHttpHeaders } from 'node:http';

export interface HostGuardOptions {
  /** Host names that this server answers to, without port; `*` allows every host. */
  readonly allowedHosts: readonly string[];
  /** Host names that a web page may come from, with any scheme and port; `*` allows all. Pages of allowed hosts may always. */
  readonly allowedOrigins: readonly string[];
}

export interface Refusal {
  readonly status: 403;
  readonly message: string;
}

/**
 * Keeps web pages that a browser was tricked into (DNS rebinding) away: a request must name a host of ours,
 * and where it comes from a page, the page's origin must be known (2026-07-28, "Security & Endpoint"; T1).
 */
export class HostGuard {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;
  private readonly anyHost: boolean;
  /** The last header that passed: nearly every request of a server names the same one. */
  private lastHost = '';

  constructor(options: HostGuardOptions) {
    this.hosts = new Set(options.allowedHosts.map((host) => host.toLowerCase()));
    this.origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()));
    this.anyHost = this.hosts.has('*');
  }

  /** Why the request is refused, or undefined. */
  check(headers: IncomingHttpHeaders): Refusal | undefined {
    const { host, origin } = headers;
    if (host === undefined || !this.allowsHost(host)) return refuse(`Host: not one of this server's names`);
    if (origin !== undefined && !this.allowsOrigin(origin)) return refuse('Origin: not allowed');
    return undefined;
  }

  private allowsHost(host: string): boolean {
    if (this.anyHost || host === this.lastHost) return true;
    if (!this.hosts.has(withoutPort(host).toLowerCase())) return false;
    this.lastHost = host;
    return true;
  }

  private allowsOrigin(origin: string): boolean {
    if (this.origins.has('*')) return true;
    if (!URL.canParse(origin)) return false; // "null" of sandboxed pages among them
    const { hostname } = new URL(origin);
    return this.origins.has(hostname) || this.hosts.has(hostname);
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}

function refuse(message: string): Refusal {
  return { status: 403, message };
}
