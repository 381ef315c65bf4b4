import { cacheReport, type HotEntry } from '@mcp-cluster/cluster';
import { EVERYTHING, namedTag, spaceTag, uriTag } from '@mcp-cluster/protocol';
import { ManagementServer, Registry, createLogger } from '@mcp-cluster/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheAdmin, type CacheAdminParts, type CacheCounts, type LevelSizes } from './cache-admin.js';

const id = 'k'.repeat(43);
const level = { hits: 3, misses: 1, skipped: 0, types: { tool_result: { hits: 3, misses: 1 } } };
const counts: CacheCounts = {
  levels: { l1: level, l2: { ...level, hits: 0, misses: 0, skipped: 4 }, l3: { ...level, hits: 0, misses: 0 } },
  loads: { tool_result: { ok: 1, unkept: 0, error: 0, abandoned: 0 } },
  waits: { process: 2, cluster: 0 },
  rescued: 0,
  evicted: 5,
  invalidations: { own: 0, heard: 1 },
};

let asked: (readonly string[])[];
let sizes: () => Promise<LevelSizes>;
let entries: HotEntry[];
const servers: ManagementServer[] = [];

beforeEach(() => {
  asked = [];
  sizes = () => Promise.resolve({ l1: { entries: 2, bytes: 300 } });
  entries = [{ id, type: 'tool_result', space: 'analyze_dataset', hits: 3, bytes: 40 }];
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function admin(more: Partial<CacheAdminParts> = {}): CacheAdmin {
  const cache: CacheAdminParts['cache'] = {
    hottest: (count) => entries.slice(0, count),
    sizes: () => sizes(),
    resting: () => true,
    invalidate: (tags) => Promise.resolve(void asked.push(tags)),
  };
  return new CacheAdmin({ nodeId: 'node-1', cache, levels: ['l1', 'l2'], totals: () => counts, ...more });
}

/** The management port of a node with this cache. */
async function port(of: CacheAdmin): Promise<string> {
  const server = new ManagementServer({
    host: '127.0.0.1',
    port: 0,
    registry: new Registry(),
    status: () => ({ ready: true, body: {} }),
    routes: of.routes,
    logger: createLogger({ app: 'test', nodeId: 't', level: 'fatal' }),
  });
  servers.push(server);
  return `http://127.0.0.1:${String((await server.listen()).port)}`;
}

describe('GET /cache', () => {
  it('P06: tells of each level what it holds and how often it helped', async () => {
    const response = await fetch(`${await port(admin())}/cache`);
    const report = cacheReport.parse(await response.json());
    expect(report).toEqual({
      id: 'node-1',
      ...counts,
      levels: {
        l1: { state: 'ok', entries: 2, bytes: 300, ...level, hitRatio: 0.75 },
        l2: { state: 'resting', ...counts.levels.l2 },
        l3: { state: 'off', ...counts.levels.l3 },
      },
      hottest: entries,
    });
  });

  it('P07: tells what became of loads ahead of time', async () => {
    expect(await admin({ prefetch: () => ({ hit: 2, wasted: 1 }) }).report()).toMatchObject({
      prefetch: { hit: 2, wasted: 1 },
    });
  });

  it('S7: shows an entry by its hash and its tool, and nothing else of it', async () => {
    const entry = { ...entries[0], args: { secret: 'x' }, owner: 'somebody', value: 'his' } as unknown as HotEntry;
    entries = Array.from({ length: 80 }, () => entry);
    const { hottest } = await admin().report();
    expect(hottest).toHaveLength(50);
    expect(hottest[0]).toEqual({ id, type: 'tool_result', space: 'analyze_dataset', hits: 3, bytes: 40 });
  });

  it('has a report without sizes while they cannot be had', async () => {
    sizes = () => Promise.reject(new Error('redis is away'));
    const { levels } = await admin().report();
    expect([levels.l1.entries, levels.l1.hits]).toEqual([undefined, 3]);
  });
});

describe('POST /cache/invalidate', () => {
  it.each([
    [{ tool: 'echo' }, spaceTag('tool_result', 'echo')],
    [{ resource: 'logs' }, spaceTag('resource', 'logs')],
    [{ uri: 'logs://app.log' }, uriTag('logs://app.log')],
    [{ tag: 'prices' }, namedTag('prices')],
    [{ key: id }, id],
    [{ all: true }, EVERYTHING],
  ])('P06: %j', async (body, tag) => {
    const response = await fetch(`${await port(admin())}/cache/invalidate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([response.status, await response.json()]).toEqual([200, { id: 'node-1', done: true }]);
    expect(asked).toEqual([[tag]]);
  });

  it('refuses anything else, naming the field, what came and what was expected', async () => {
    expect(await admin().invalidate({ tool: 7 })).toEqual({
      status: 400,
      body: {
        statusCode: 400,
        error: 'invalid_field',
        message: 'tool: got 7, expected the name of a tool',
        field: 'tool',
        got: '7',
        expected: 'the name of a tool',
      },
    });
    expect(asked).toEqual([]);
  });
});
