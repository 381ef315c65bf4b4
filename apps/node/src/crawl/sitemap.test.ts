import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { mayBeSitemap, readSitemap } from './sitemap.js';

function answer(body: string | Uint8Array, type = 'application/xml', path = '/sitemap.xml', status = 200) {
  const headers = type === '' ? {} : { 'content-type': type };
  return { url: new URL(path, 'http://example.com'), status, headers, body: Readable.from([Buffer.from(body)]) };
}

async function read(body: string | Uint8Array, enough = Infinity) {
  const found: string[] = [];
  const reading = await readSitemap(answer(body), (location) => found.push(location) < enough);
  return { found, ...reading };
}

describe('readSitemap', () => {
  it('S10: the pages of a urlset, not its images', async () => {
    const { kind, found } = await read(`<?xml version="1.0" encoding="UTF-8"?>
      <!-- <loc>http://example.com/no</loc> -->
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://x">
        <url><loc> http://example.com/a?b=1&amp;c=2 </loc><lastmod>2026-01-01</lastmod>
          <image:image><image:loc>http://example.com/a.png</image:loc></image:image></url>
        <url><loc><![CDATA[http://example.com/d]]></loc></url>
      </urlset>`);
    expect(kind).toBe('pages');
    expect(found).toEqual(['http://example.com/a?b=1&c=2', 'http://example.com/d']);
  });

  it('S10: the sitemaps of an index, with a prefix too', async () => {
    const body = '<s:sitemapindex><s:sitemap><s:loc>http://example.com/1.xml</s:loc></s:sitemap></s:sitemapindex>';
    expect(await read(body)).toMatchObject({ kind: 'index', found: ['http://example.com/1.xml'] });
  });

  it('S10: one URL a line', async () => {
    const body = `\ufeffhttp://example.com/a\r\n\r\nhttp://example.com/${'x'.repeat(5_000)}\nnonsense\nhttp://example.com/b`;
    const { kind, found } = await read(body);
    expect(kind).toBe('pages');
    expect(found.filter((url) => url.length < 100)).toEqual(['http://example.com/a', 'http://example.com/b']);
  });

  it('S10: packed as a file', async () => {
    const body = gzipSync('<urlset><url><loc>http://example.com/a</loc></url></urlset>');
    expect(await read(body)).toMatchObject({ kind: 'pages', found: ['http://example.com/a'] });
  });

  it('S10: entities of its own are not expanded', async () => {
    const body = `<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
      <urlset><url><loc>http://example.com/&b;&f;</loc></url></urlset>`;
    const { found } = await read(body);
    expect(found).toEqual(['http://example.com/&b;&f;']);
  });

  it('S10: ends when enough is known', async () => {
    const body = `<urlset>${'<url><loc>http://example.com/a</loc></url>'.repeat(10)}</urlset>`;
    expect((await read(body, 3)).found).toHaveLength(3);
  });

  it.each(['', '   ', '<html><body><url><loc>http://example.com/</loc></url></body></html>', 'just text', '<rss/>'])(
    'S10: %j is no sitemap',
    async (body) => {
      expect(await read(body)).toMatchObject({ kind: 'other', found: [], size: Buffer.byteLength(body) });
    },
  );

  it('S10: a location that was cut off is not trusted', async () => {
    const body = '<urlset><url><loc>http://example.com/a</loc></url><url><loc>http://example.com/b';
    expect((await read(body)).found).toEqual(['http://example.com/a']);
  });

  it('S10: elements without end do not make it slow', async () => {
    const body = `<urlset><url><loc>http://example.com/a</loc></url>${'<x>'.repeat(500_000)}${'</y>'.repeat(500_000)}`;
    expect(await read(body)).toMatchObject({ kind: 'pages', found: ['http://example.com/a'] });
  });

  it('S10: is cut off at 10 MiB, also when packed smaller', async () => {
    const body = gzipSync(`<urlset>${' '.repeat(11_000_000)}</urlset>`);
    expect(await read(body)).toMatchObject({ kind: 'pages', size: 10_485_760, truncatedBody: true });
  });
});

describe('mayBeSitemap', () => {
  it.each([
    ['application/xml', '/x', 200, true],
    ['text/xml; charset=utf-8', '/', 200, true],
    ['application/x-gzip', '/sitemap.xml.gz', 200, true],
    ['text/plain', '/sitemap-1.txt', 200, true],
    ['text/plain', '/notes.txt', 200, false],
    ['text/html', '/sitemap.xml', 200, false],
    ['application/xml', '/sitemap.xml', 404, false],
    ['', '/', 200, false],
  ])('S10: %j at %s with status %i: %s', (type, path, status, expected) => {
    expect(mayBeSitemap(answer('', type, path, status))).toBe(expected);
  });
});
