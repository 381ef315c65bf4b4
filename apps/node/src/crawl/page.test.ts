import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPage } from './page.js';

interface Sent {
  type?: string;
  encoding?: string;
  url?: string;
  /** Bytes in one piece; default: the whole body. */
  piece?: number;
}

function read(
  body: string | Uint8Array,
  { type = 'text/html', encoding, url = 'http://example.com/dir/page', piece }: Sent = {},
) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const step = piece ?? Math.max(bytes.length, 1);
  const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
    bytes.subarray(index * step, (index + 1) * step),
  );
  const headers = { 'content-type': type, ...(encoding !== undefined && { 'content-encoding': encoding }) };
  return readPage({ url: new URL(url), status: 200, headers, body: Readable.from(pieces) });
}

const hrefs = ({ links }: Awaited<ReturnType<typeof read>>) => links.map(({ href }) => href);

describe('readPage', () => {
  it.each([
    ['<title>Plain</title>', 'Plain'],
    ['<TITLE>\n  Two\n  lines </TITLE>', 'Two lines'],
    ['<title>Fish &amp; chips &#8211; caf&eacute;</title>', 'Fish & chips – café'],
    ['<title>a <b>tag</b></title>', 'a <b>tag</b>'],
    ['<title></title>', undefined],
    ['<p>none', undefined],
    ['<svg><title>picture</title></svg><title>page</title>', 'page'],
    ['<title>first</title><title>second</title>', 'first'],
    ['<script>"<title>script</title>"</script><title>page</title>', 'page'],
    [`<title>${'x'.repeat(5_000)}</title>`, 'x'.repeat(200)],
  ])('S10: the title of %j', async (body, title) => {
    expect((await read(body)).title).toBe(title);
    expect((await read(body, { piece: 3 })).title).toBe(title);
  });

  it('S10: links are resolved, without fragments and doubles, http and https only', async () => {
    const page = await read(`
      <a href="b">1</a><a href="./b#top">2</a><a href=/c>3</a><area href="?q=1&amp;r=2"><a href="//other.example/d">4</a>
      <a href="mailto:a@b">5</a><a href="javascript:x()">6</a><a href="http://u:p@example.com/">7</a><a href="http://[">8</a>
      <a name="x">9</a><link href="style.css"><a href="${'y'.repeat(3_000)}">10</a>`);
    expect(hrefs(page)).toEqual([
      'http://example.com/dir/b',
      'http://example.com/c',
      'http://example.com/dir/page?q=1&r=2',
      'http://other.example/d',
    ]);
  });

  it('S10: <base> counts, the first one', async () => {
    const page = await read('<base href="/up/"><base href="/no/"><a href="x">x</a>');
    expect(hrefs(page)).toEqual(['http://example.com/up/x']);
  });

  it('S10: at most 1,000 links of one page', async () => {
    const body = Array.from({ length: 1_200 }, (_, index) => `<a href="${index}">`).join('');
    expect((await read(body)).links).toHaveLength(1_000);
  });

  it.each([
    ['header', 'text/html; charset=windows-1251', Buffer.from([0xcf, 0xf0, 0xe8]), 'При'],
    ['quoted header', 'text/html;charset="ISO-8859-1"', Buffer.from([0xe9]), 'é'],
    ['unknown charset', 'text/html; charset=nonsense', Buffer.from('é'), 'é'],
    ['nothing', 'text/html', Buffer.from('é'), 'é'],
  ])('S10: charset from %s', async (_name, type, title, expected) => {
    const body = Buffer.concat([Buffer.from('<title>'), title, Buffer.from('</title>')]);
    expect((await read(body, { type })).title).toBe(expected);
    expect((await read(body, { type, piece: 1 })).title).toBe(expected);
  });

  it("S10: charset from the page's own word and from its byte order mark", async () => {
    const meta = Buffer.concat([
      Buffer.from('<meta charset="koi8-r"><title>'),
      Buffer.from([0xf0]),
      Buffer.from('</title>'),
    ]);
    expect((await read(meta)).title).toBe('П');
    const utf16 = Buffer.from('\ufeff<title>é</title>', 'utf16le');
    expect((await read(utf16)).title).toBe('é');
  });

  it('S10: counts what it reads, at most 2 MiB, and says that there was more', async () => {
    const exact = await read('x'.repeat(2_097_152), { piece: 65_536 });
    expect(exact).toMatchObject({ size: 2_097_152, truncatedBody: false });
    const more = await read(`${'x'.repeat(2_097_152)}<a href=late>`, { piece: 60_000 });
    expect(more).toMatchObject({ size: 2_097_152, truncatedBody: true, links: [] });
  });

  it('S10: of what is no HTML only the size', async () => {
    const page = await read('<title>no</title><a href="x">', { type: 'image/svg+xml' });
    expect(page).toEqual({ size: 29, truncatedBody: false, title: undefined, links: [] });
  });

  it('S10: unpacks gzip, also more than fits, and refuses what it did not ask for', async () => {
    const packed = gzipSync(`<title>packed</title>${' '.repeat(50_000_000)}`);
    expect(await read(packed, { encoding: 'gzip' })).toMatchObject({
      title: 'packed',
      size: 2_097_152,
      truncatedBody: true,
    });
    await expect(read('x', { encoding: 'br' })).rejects.toMatchObject({ code: 'crawl.broken' });
    await expect(read('no gzip', { encoding: 'gzip' })).rejects.toThrow();
  });

  it('S10: elements without end do not make it slow', async () => {
    const body = `<title>deep</title>${'<i>'.repeat(300_000)}${'</b>'.repeat(200_000)}`;
    expect(await read(body)).toMatchObject({ title: 'deep', size: body.length });
  });
});
