import type { IncomingHttpHeaders } from 'node:http';
import { asError, LocalError, type Clock, type Timer } from '@mcp-cluster/kernel';
import { CACHE_META_KEY, type CacheScope } from '@mcp-cluster/protocol';
import type { Dispatcher } from 'undici';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Link } from '../upstream/upstream.js';
import { isObject } from './read-request.js';
import type { ToolHints } from './repeatable.policy.js';

/** A tool as `tools/list` shows it, as far as it matters here. */
export interface ListedTool {
  readonly name: string;
  readonly hints: ToolHints | undefined;
  /** For whom its results are kept, if they are. */
  readonly cached: CacheScope | undefined;
}

/** 10,000 tools of our nodes: what one answers without an end is no list. */
const MAX_PAGES = 40;
/** One page of our nodes is about 100 KB. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
/** Milliseconds for one page: a list is made before it is asked for. Calls of a dead node wait for it. */
const PAGE_TIMEOUT_MS = 1000;

const REVISION = '2026-07-28';
const HEADERS = [
  'content-type',
  'application/json',
  'accept',
  'application/json',
  'mcp-protocol-version',
  REVISION,
  'mcp-method',
  'tools/list',
];
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'mcp-cluster-manager', version: '1' },
};

/**
 * Asks a node for its tools, as any client would.
 * @throws LocalError `tool_list` for an answer that is no list, `tool_list_timeout`; the connection's error
 */
export async function listTools(node: Pick<ClusterNode, 'link'>, clock: Clock): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await askPage(node.link, cursor, clock);
    if (!Array.isArray(result['tools'])) throw notAList('no tools');
    for (const tool of result['tools'] as unknown[]) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') throw notAList('a tool without a name');
      const hints = isObject(tool['annotations']) ? tool['annotations'] : undefined;
      tools.push({ name: tool['name'], hints, cached: cachedFor(tool['_meta']) });
    }
    cursor = result['nextCursor'];
    if (typeof cursor !== 'string') return tools;
  }
  throw notAList('no end');
}

function cachedFor(meta: unknown): CacheScope | undefined {
  const cache = isObject(meta) ? meta[CACHE_META_KEY] : undefined;
  if (!isObject(cache) || typeof cache['ttlMs'] !== 'number' || cache['ttlMs'] <= 0) return undefined;
  return cache['scope'] === 'public' ? 'public' : 'private';
}

async function askPage(link: Link, cursor: unknown, clock: Clock): Promise<Record<string, unknown>> {
  const params = { _meta: META, ...(cursor !== undefined && { cursor }) };
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params }));
  const text = await new Promise<string>((resolve, reject) => {
    link.dispatch(
      { path: '/mcp', method: 'POST', headers: HEADERS, body },
      new PageHandler(clock, resolve, reject),
      'calls',
    );
  });
  const message: unknown = JSON.parse(text);
  if (!isObject(message) || !isObject(message['result'])) throw notAList('an error');
  return message['result'];
}

function notAList(why: string): LocalError {
  return new LocalError('tool_list', `tools/list: expected a list, got ${why}`);
}

/** Collects one answer of a bounded size, within its time. */
class PageHandler implements Dispatcher.DispatchHandler {
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private controller: Dispatcher.DispatchController | undefined;
  private readonly timer: Timer;
  private late: Error | undefined;

  constructor(
    clock: Clock,
    private readonly resolve: (text: string) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.timer = clock.after(PAGE_TIMEOUT_MS, () => {
      this.giveUp(new LocalError('tool_list_timeout', `no list within ${String(PAGE_TIMEOUT_MS)} ms`));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.late !== undefined) controller.abort(this.late);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, _headers: IncomingHttpHeaders): void {
    if (status >= 300) this.giveUp(notAList(`status ${String(status)}`));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > MAX_PAGE_BYTES) this.giveUp(notAList('more bytes than one page may have'));
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.timer.cancel();
    this.resolve(Buffer.concat(this.chunks, this.size).toString('utf8'));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.timer.cancel();
    this.reject(asError(error));
  }

  private giveUp(error: Error): void {
    this.timer.cancel();
    this.late = error;
    this.reject(error);
    this.controller?.abort(error);
  }
}
