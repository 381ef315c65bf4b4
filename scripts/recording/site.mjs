// A small site to crawl: a sitemap, pages that link to each other, one address without a page.
import { createServer } from 'node:http';

const PAGES = 40;
/** Milliseconds in which a page answers, so that the crawl can be watched. */
const ANSWER_MS = 150;

/** Resolves with `{ origin, stop }` when it listens. */
export async function startSite() {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const { status, type, body } = answer(path, `http://${request.headers.host}`);
    const timer = setTimeout(() => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    }, ANSWER_MS);
    response.once('close', () => clearTimeout(timer));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://localhost:${server.address().port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function answer(path, origin) {
  if (path === '/robots.txt')
    return { status: 200, type: 'text/plain', body: `User-agent: *\nAllow: /\nSitemap: ${origin}/sitemap.xml\n` };
  if (path === '/sitemap.xml') return { status: 200, type: 'application/xml', body: sitemap(origin) };
  if (path === '/') return html('Weather station', links([1, 2, 3]));
  const number = Number(/^\/day\/(\d+)$/.exec(path)?.[1]);
  if (number >= 1 && number <= PAGES) return html(`Day ${number}`, links([number - 1, number + 1]));
  return { ...html('Not found', '<p>There is no such page.</p>'), status: 404 };
}

function sitemap(origin) {
  const days = Array.from({ length: PAGES }, (_, index) => `/day/${index + 1}`);
  // A sitemap that was not kept: a crawl has an error to tell of.
  const entries = ['/old-news', ...days].map((path) => `<url><loc>${origin}${path}</loc></url>`);
  return `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.join('')}</urlset>`;
}

function links(numbers) {
  return numbers
    .filter((number) => number >= 1 && number <= PAGES)
    .map((number) => `<a href="/day/${number}">Day ${number}</a>`)
    .join(' ');
}

function html(title, content) {
  const body = `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${content}</body></html>`;
  return { status: 200, type: 'text/html; charset=utf-8', body };
}
