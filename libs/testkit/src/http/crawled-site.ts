import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a site answers at a path: an HTML page, more exactly that, or whatever the function does. */
export type Route =
  | string
  | { readonly status?: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string | Uint8Array }
  | ((request: IncomingMessage, response: ServerResponse) => void);

/** A real HTTP server on loopback to crawl in tests. Paths without a route answer 404. */
export class CrawledSite {
  /** Paths in the order in which they were asked for. */
  readonly requests: string[] = [];
  /** Connections that were ever opened. */
  connections = 0;
  private readonly open = new Set<Socket>();
  private readonly waiting = new Map<string, () => void>();
  private readonly server = createServer((request, response) => {
    this.answer(request, response);
  });

  private constructor(readonly routes: Record<string, Route>) {
    // Longer than any test: what is closed, the other side has closed.
    this.server.keepAliveTimeout = 600_000;
    this.server.on('connection', (socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket));
    });
  }

  /** Starts a site that `cleanUp`, such as Vitest's `onTestFinished`, stops. */
  static async start(routes: Record<string, Route>, cleanUp: (stop: () => Promise<void>) => void) {
    const site = new CrawledSite(routes);
    site.server.listen(0, '127.0.0.1');
    await once(site.server, 'listening');
    cleanUp(() => site.stop());
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  url(path: string): string {
    return this.origin + path;
  }

  /** Resolves when the path is asked for, from now on. */
  arrival(path: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(path, resolve));
  }

  /** Resolves when the other side has closed every connection. */
  async allClosed(): Promise<void> {
    await Promise.all([...this.open].map((socket) => new Promise((resolve) => socket.on('close', resolve))));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.requests.push(path);
    this.waiting.get(path)?.();
    const route = this.routes[path] ?? { status: 404, body: 'not here' };
    if (typeof route === 'function') {
      route(request, response);
      return;
    }
    const { status = 200, headers = {}, body = '' } = typeof route === 'string' ? { body: route } : route;
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body);
  }

  private async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** An HTML page with links. */
export function htmlPage(title: string, ...links: string[]): string {
  return `<!doctype html><html><head><title>${title}</title></head><body>${links.map((href) => `<a href="${href}">x</a>`).join('')}</body></html>`;
}

/** A sitemap of pages. */
export function sitemapOf(...urls: string[]): Route {
  const entries = urls.map((url) => `<url><loc>${url}</loc></url>`).join('');
  const body = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries}</urlset>`;
  return { headers: { 'content-type': 'application/xml' }, body };
}

/** A sitemap of sitemaps. */
export function indexOf(...urls: string[]): Route {
  const entries = urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join('');
  return { headers: { 'content-type': 'application/xml' }, body: `<sitemapindex>${entries}</sitemapindex>` };
}

export function redirectTo(location: string): Route {
  return { status: 302, headers: { location } };
}
