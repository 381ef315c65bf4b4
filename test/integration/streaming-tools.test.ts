import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CrawledSite, type Route } from '@mcp-cluster/testkit/http';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { scrape } from '../support/metrics.js';
import { openFiles } from '../support/open-files.js';
import type { SeenProgress } from '../support/progress-checks.js';
import { eventually } from '../support/running.mjs';
import { ERAS, SdkSession, type Sdk, type ToolResult } from '../support/sdk-session.js';
import { expectRising } from '../support/stream-answers.js';

/** Rows that a stage works on for seconds, below the 64 MiB that the pipeline takes. */
const MANY_ROWS = 1_200_000;
const MEBIBYTE = 1_048_576;

let folder: string;
let cluster: Cluster;
const sessions: SdkSession[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streaming-tools-'));
  const put = (name: string, content: string | Buffer) => writeFile(join(folder, name), content);
  const rows = (count: number, row: (at: number) => string) => Array.from({ length: count }, (_none, at) => row(at));
  const some = rows(10_000, (at) => `2026-01-01,station-${String(at % 7)},${String(at)},${String(at / 4)}\n`).join('');
  const header = 'date,station,number,value\n';
  await put('table.csv', header + some);
  await put('many.csv', header + some.repeat(MANY_ROWS / 10_000));
  const events = rows(
    10_000,
    (at) => `{"time":"2026-01-01T00:00:00Z","kind":"k${String(at % 3)}","ms":${String(at)}}\n`,
  );
  await put('events.ndjson', events.join(''));
  await put('many.ndjson', events.join('').repeat(80));
  await put('ragged.csv', 'a,b\n1,2\n3\n4,5,6\n');
  await put('words.csv', 'a,b\nx,y\n');
  await put('empty.csv', '');
  await put('header.csv', 'a,b\n');
  await put('broken.ndjson', '{"a":1}\n{"a":\n');
  await put('latin1.csv', Buffer.from([0x61, 0x0a, 0xe4, 0x0a]));
  cluster = await startCluster({ nodes: 2, env: { DATA_DIR: folder, CRAWL_ALLOW: 'localhost,127.0.0.1' } });
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

async function connect(sdk: Sdk, url = cluster.url): Promise<SdkSession> {
  const session = await SdkSession.connect(sdk, url);
  sessions.push(session);
  return session;
}

/** Calls with progress, and checks what all long tools have in common. */
async function follow(sdk: Sdk, name: string, args: object): Promise<ToolResult> {
  const session = await connect(sdk);
  const result = await session.callTool(name, args, { onprogress: () => undefined });
  expect(result).toMatchObject({ isError: false });
  // On the wire: an SDK’s client may forget progress that came with the answer.
  const ofCall = session.messages.filter(({ method, result: answer }) =>
    method === undefined ? answer?.['content'] !== undefined : method === 'notifications/progress',
  );
  expect(ofCall.at(-1)?.result).toBeDefined();
  const seen = ofCall.slice(0, -1).map(({ params }) => params as unknown as SeenProgress);
  expectRising(seen.map(({ progress }) => progress));
  for (const { message } of seen) expect(message).toMatch(/\S/);
  expect(seen.at(-1)!.progress).toBe(seen.at(-1)!.total);
  return result;
}

/** A site of `count` pages in a row, each linked from the one before it. */
function row(count: number): Record<string, Route> {
  const page = (at: number) => `<html><title>Page ${String(at)}</title><a href="/${String(at + 1)}">next</a></html>`;
  return Object.fromEntries(
    Array.from({ length: count }, (_none, at) => [at === 0 ? '/' : `/${String(at)}`, page(at)]),
  );
}

describe.each(ERAS)('S06: long tools through the manager, for the SDK’s client %s', (sdk) => {
  it.each([
    ['CSV', 'table.csv', 10_000],
    ['NDJSON', 'events.ndjson', 10_000],
  ])('S09: multi_stage_pipeline on %s', async (_format, input, rows) => {
    const { structured } = await follow(sdk, 'multi_stage_pipeline', { input });
    expect(structured).toMatchObject({ input, status: 'completed', totals: { rows, accepted: rows, rejected: 0 } });
    const stages = structured!['stages'] as { name: string; weight: number; status: string }[];
    expect(stages.map(({ name, weight }) => [name, weight])).toEqual([
      ['fetch', 10],
      ['validate', 5],
      ['transform', 40],
      ['aggregate', 30],
      ['report', 15],
    ]);
    expect(structured!['checksum']).toBe(sha256(await readFile(join(folder, input))));
  });

  it('S10: crawl_sitemap', async () => {
    const site = await CrawledSite.start({ ...row(30), '/robots.txt': { status: 404 } }, onTestFinished);
    const { structured } = await follow(sdk, 'crawl_sitemap', { url: site.url('/'), maxPages: 25 });
    expect(structured).toMatchObject({ crawled: 25, truncated: true, notCrawled: 1, failed: 0 });
    const pages = structured!['pages'] as { title: string; status: number; size: number }[];
    expect(pages.map(({ title }) => title)).toEqual(pages.map((_page, at) => `Page ${String(at)}`));
    expect(pages).toHaveLength(20);
    await site.allClosed();
  });

  it('S11: process_large_file, of generated bytes and of a file', async () => {
    const size = 64 * MEBIBYTE;
    const generated = await follow(sdk, 'process_large_file', { size, seed: 7 });
    expect(generated.structured).toMatchObject({ bytes: size, seed: 7 });
    const { structured } = await follow(sdk, 'process_large_file', { path: 'many.csv' });
    const file = await readFile(join(folder, 'many.csv'));
    expect(structured).toMatchObject({ bytes: file.length, lines: MANY_ROWS + 1, sha256: sha256(file) });
  });

  it.each([
    ['CSV', { file: 'table.csv', column: 'value' }, { totalRows: 10_000, min: 0, max: 2_499.75, average: 1_249.875 }],
    ['NDJSON', { file: 'events.ndjson', column: 'ms' }, { totalRows: 10_000, min: 0, max: 9_999, average: 4_999.5 }],
    ['generated rows', { rowCount: 1_000_000, seed: 3, chunkSize: 1_000 }, { totalRows: 1_000_000, seed: 3 }],
  ])('S07: analyze_dataset on %s', async (_format, args, expected) => {
    expect((await follow(sdk, 'analyze_dataset', args)).structured).toMatchObject(expected);
  });

  it.each([
    ['run_analysis', { rows: 9 }, 'rows'],
    ['run_analysis', { rows: 100_001 }, 'rows'],
    ['run_analysis', { rows: 10.5 }, 'rows'],
    ['run_analysis', { rows: 'many' }, 'rows'],
    ['run_analysis', { rows: 100, chunkSize: 0 }, 'chunkSize'],
    ['run_analysis', { rows: 100, range: -1 }, 'range'],
    ['analyze_dataset', { rowCount: 0 }, 'rowCount'],
    ['analyze_dataset', { rowCount: 10, chunkSize: -5 }, 'chunkSize'],
    ['analyze_dataset', {}, 'file, rowCount'],
    ['analyze_dataset', { file: 'ragged.csv' }, 'file'],
    ['analyze_dataset', { file: 'words.csv' }, 'column'],
    ['analyze_dataset', { file: 'table.csv', column: 'nothing' }, 'column'],
    ['analyze_dataset', { file: 'empty.csv' }, 'file'],
    ['analyze_dataset', { file: 'header.csv' }, 'file'],
    ['analyze_dataset', { file: 'broken.ndjson' }, 'file'],
    ['analyze_dataset', { file: 'latin1.csv' }, 'file'],
    ['analyze_dataset', { file: '../secret.csv' }, 'file'],
    ['analyze_dataset', { file: '/etc/passwd' }, 'file'],
    ['process_large_file', { size: -1 }, 'size'],
    ['process_large_file', { size: 1.5 }, 'size'],
    ['process_large_file', { size: 2 ** 40 }, 'size'],
    ['process_large_file', { size: 10, path: 'table.csv' }, 'size, path'],
    ['process_large_file', { path: '../../etc/passwd' }, 'path'],
    ['process_large_file', { path: 'missing.csv' }, 'path'],
    ['multi_stage_pipeline', { input: 'missing.csv' }, 'input'],
    ['multi_stage_pipeline', { input: '..%2Fsecret.csv' }, 'input'],
    ['multi_stage_pipeline', { input: 'latin1.csv' }, 'input'],
    ['multi_stage_pipeline', { input: 'empty.csv' }, 'input'],
    ['crawl_sitemap', { url: 'ftp://localhost/' }, 'url'],
    ['crawl_sitemap', { url: 'file:///etc/passwd' }, 'url'],
    ['crawl_sitemap', { url: 'no url' }, 'url'],
    ['crawl_sitemap', { url: 'http://user:secret@localhost/' }, 'url'],
    ['crawl_sitemap', { url: 'http://localhost/', maxPages: 0 }, 'maxPages'],
    ['crawl_sitemap', { url: 'http://localhost/', maxPages: 501 }, 'maxPages'],
    ['echo', { text: 'x', delayMs: -1 }, 'delayMs'],
  ])('S19: %s %j is a tool error that names the field', async (name, args, field) => {
    const session = await connect(sdk);
    const { isError, text } = await session.callTool(name, args);
    expect({ isError, text }).toEqual({ isError: true, text: expect.stringContaining(`${field}: `) as unknown });
    expect(text).not.toContain(folder);
    expect(text).not.toContain('user:secret');
  });
});

describe.each(ERAS)('S16: cancelled in the middle, by the SDK’s client %s', (sdk) => {
  const hanging: Route = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).write('<title>begun');
  };

  /** Sockets of all nodes together, and files of the data folder that they have open. */
  async function open(): Promise<{ sockets: number; files: readonly string[] }> {
    const all = await Promise.all((await cluster.nodes()).map(({ pid }) => openFiles(pid)));
    const files = all.flatMap(({ paths }) => paths).filter((path) => path.startsWith(`${folder}/`));
    return { sockets: all.reduce((sum, { sockets }) => sum + sockets, 0), files };
  }

  /** Calls of a tool that ended before their time. */
  async function cancellations(tool: string): Promise<number> {
    const nodes = await cluster.nodes();
    const metrics = await Promise.all(nodes.map(({ id }) => scrape(cluster.nodeManagementUrl(id))));
    const labels = { gen_ai_tool_name: tool, error_type: 'cancelled' };
    return metrics.reduce((sum, one) => sum + one.sum('mcp_server_operation_duration_seconds_count', labels), 0);
  }

  it.each([
    ['multi_stage_pipeline', () => ({ input: 'many.csv' })],
    ['analyze_dataset', () => ({ file: 'many.csv', column: 'value' })],
    ['analyze_dataset', () => ({ file: 'many.ndjson', column: 'ms' })],
    ['process_large_file', () => ({ size: 1_024 * MEBIBYTE })],
    ['process_large_file', () => ({ path: 'many.csv', chunkSize: 1_024 })],
    ['crawl_sitemap', (site: CrawledSite) => ({ url: site.url('/') })],
  ] as [string, (site: CrawledSite) => object][])(
    'S16: %s stops, and leaves nothing open',
    async (name, argumentsFor) => {
      const routes = { ...row(2), '/1': '<a href="/2">2</a><a href="/3">3</a>', '/2': hanging, '/3': hanging };
      const site = await CrawledSite.start(routes, onTestFinished);
      const session = await connect(sdk);
      const cancelled = async (): Promise<void> => {
        const stop = new AbortController();
        const enough = (): void => {
          stop.abort(new Error('enough'));
        };
        const crawls = name === 'crawl_sitemap';
        const middle = crawls ? site.arrival('/3').then(enough) : undefined;
        const options = { signal: stop.signal, onprogress: crawls ? () => undefined : enough };
        await expect(session.callTool(name, argumentsFor(site), options)).rejects.toThrow(/enough|abort/i);
        await middle;
        await cluster.running(0);
        await site.allClosed();
      };
      const counted = await cancellations(name);
      // Once before it counts: connections of the manager to its nodes stay.
      await cancelled();
      const before = await open();
      for (let turn = 0; turn < 3; turn += 1) await cancelled();
      const look = async () => {
        const { sockets, files } = await open();
        return sockets <= before.sockets && files.length === 0 ? true : undefined;
      };
      await eventually('nothing is left open', look);
      expect(await cancellations(name)).toBe(counted + 4);
      expect((await session.callTool('echo', { text: 'goes on' })).text).toBe('goes on');
    },
  );
});

describe('S10: without an allow-list', () => {
  let closed: Cluster;
  let site: CrawledSite;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    site = await CrawledSite.start(row(3), (stop) => stops.push(stop));
    closed = await startCluster({ nodes: 1 });
  });
  afterAll(async () => {
    await closed.stop();
    for (const stop of stops) await stop();
  });

  it.each([
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    'localhost.',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '0x7f000001',
    '127.0.0.1.',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '１２７.０.０.１',
    '127。0。0。1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '[fe80::1]',
    '[fd00::1]',
  ])('S10: http://%s is refused, and nobody connects', async (host) => {
    const session = await connect('v2 2026-07-28', closed.url);
    const url = `http://${host}:${String(site.port)}/`;
    const { isError, text } = await session.callTool('crawl_sitemap', { url });
    expect({ isError, text }).toEqual({ isError: true, text: expect.stringMatching(/^url: /) as unknown });
    expect(site.connections).toBe(0);
  });
});

it('S10: a redirect to a private address that is not allowed is refused', async () => {
  const inner = await CrawledSite.start({ '/': 'secret' }, onTestFinished);
  const target = `http://[::1]:${String(inner.port)}/`;
  const routes = { '/': { status: 302, headers: { location: target } }, '/page': '<a href="/away">x</a>' };
  const away = { '/away': { status: 302, headers: { location: target } } };
  const site = await CrawledSite.start({ ...routes, ...away }, onTestFinished);
  const session = await connect('v1');
  const start = await session.callTool('crawl_sitemap', { url: site.url('/') });
  expect(start).toMatchObject({ isError: true, text: expect.stringMatching(/^url: .*not public/) as unknown });
  const later = await session.callTool('crawl_sitemap', { url: site.url('/page') });
  expect(later).toMatchObject({ isError: false, structured: { failed: 1 } });
  expect(inner.connections).toBe(0);
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
