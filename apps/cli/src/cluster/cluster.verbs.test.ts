import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import type { AdminApi, ListedCache, ListedInvalidation, ListedNode, ListedOperation } from './admin-api.js';
import { AdminUnreachableError } from './admin.errors.js';
import { readClusterCommand } from './cluster-command.js';
import { performClusterCommand } from './cluster.verbs.js';

const node = (id: string, state: string, inFlight = 0): ListedNode => ({
  id,
  url: `http://${id}:3001/mcp`,
  state,
  version: '1.0.0',
  inFlight,
  sessions: 4,
  streams: 1,
});

const begun: ListedOperation = { id: 'op-1', kind: 'drain', node: 'a', state: 'running', startedAt: 'now' };

const id = 'k'.repeat(43);
const off = { state: 'off', hits: 0, misses: 0 };
const l1 = { state: 'ok', entries: 12, bytes: 34_567, hits: 3, misses: 1, hitRatio: 0.75 };
const cache: ListedCache = {
  levels: { l1, l2: { state: 'resting', hits: 0, misses: 9, hitRatio: 0 }, l3: off },
  nodes: [{ id: 'a', levels: { l1, l2: { ...off, state: 'resting' }, l3: off } }],
  silent: [{ id: 'b\u001b[2J', reason: 'no answer within 2000 ms' }],
  hottest: [{ id, type: 'tool_result', space: 'echo', hits: 3, bytes: 40, nodes: 1 }],
};

/** A manager whose answers the test changes, and what was printed. */
function terminal() {
  const clock = new VirtualClock();
  const manager: {
    nodes: ListedNode[];
    operation: ListedOperation;
    cache: ListedCache;
    invalidation: ListedInvalidation;
    away: boolean;
  } = {
    nodes: [node('a', 'ready'), node('b', 'ready', 3)],
    operation: begun,
    cache,
    invalidation: { nodes: [{ id: 'a', done: true }] },
    away: false,
  };
  const asked: unknown[][] = [];
  const answer =
    <T>(name: string, value: () => T) =>
    (...words: unknown[]): Promise<T> => {
      asked.push([name, ...words]);
      return manager.away ? Promise.reject(new AdminUnreachableError('http://m', 'refused')) : Promise.resolve(value());
    };
  const api = {
    nodes: answer('nodes', () => manager.nodes),
    decisions: answer('decisions', () => [
      { at: 'noon', action: 'out', reason: 'cpu', from: 2, to: 4, confidence: 0.9, applied: true },
    ]),
    operations: answer('operations', () => [manager.operation]),
    operation: answer('operation', () => manager.operation),
    start: answer('start', () => manager.operation),
    add: answer('add', () => node('c', 'starting')),
    drain: answer('drain', () => manager.operation),
    remove: answer('remove', () => manager.operation),
    restart: answer('restart', () => manager.operation),
    cache: answer('cache', () => manager.cache),
    invalidateCache: answer('invalidateCache', () => manager.invalidation),
  };
  const out: string[] = [];
  const status: string[] = [];
  const run = (...argv: string[]): Promise<boolean> => {
    const command = readClusterCommand(argv, {});
    if (command.verb === 'help') throw new TypeError('help is not performed');
    return performClusterCommand(command, {
      api: api as unknown as AdminApi,
      clock,
      out: { write: (text) => out.push(text) },
      status: { write: (text) => status.push(text.trimEnd()) },
    });
  };
  return { clock, manager, asked, out, status, run };
}

describe('npm run cluster', () => {
  it('P15: lists nodes, for people and for programs', async () => {
    const { run, out } = terminal();
    await run('nodes');
    expect(out.join('').split('\n')[2]).toMatch(/^b\s+ready\s+3\s+1\s+4\s+http:\/\/b:3001\/mcp\s+–\s+1\.0\.0$/);
    await run('nodes', '--json');
    expect(JSON.parse(out[1] ?? '')).toMatchObject([{ id: 'a' }, { id: 'b', inFlight: 3 }]);
  });

  it('P16: lists what scaling decided', async () => {
    const { run, out } = terminal();
    await run('decisions');
    expect(out.join('').split('\n')[1]).toMatch(/^noon\s+out\s+2\s+4\s+cpu\s+0\.9\s+yes$/);
  });

  it('P06: shows the levels, the nodes and the hottest entries, and who did not tell', async () => {
    const { run, out, status } = terminal();
    expect(await run('cache')).toBe(true);
    expect(out.join('')).toBe(
      [
        'LEVEL  STATE    ENTRIES  BYTES  HITS  MISSES  HIT RATIO',
        'l1     ok       12       34567     3       1  75.0 %',
        'l2     resting  –        –         0       9  0.0 %',
        'l3     off      –        –         0       0  –',
        '',
        'NODE  L1  L1 HIT RATIO  L2       L2 HIT RATIO  L3   L3 HIT RATIO',
        'a     ok  75.0 %        resting  –             off  –',
        '',
        'HITS  BYTES  NODES  TYPE         OF    KEY',
        `   3     40      1  tool_result  echo  ${id}`,
        '',
      ].join('\n'),
    );
    expect(status).toEqual(['b?[2J: no answer within 2000 ms']);
    await run('cache', '--json');
    expect(JSON.parse(out[1] ?? '')).toEqual(cache);
  });

  it('P06: tells who has forgotten, and is good only when all have', async () => {
    const { run, manager, out, asked } = terminal();
    expect(await run('cache', 'invalidate', '--tool', 'echo')).toBe(true);
    expect(asked).toEqual([['invalidateCache', { tool: 'echo' }]]);
    expect(out).toEqual(['NODE  DONE  WHY NOT\na     yes\n']);
    const answer = { nodes: [...manager.invalidation.nodes, { id: 'b', done: false, reason: 'it is away' }] };
    manager.invalidation = answer;
    expect(await run('cache', 'invalidate', '--all')).toBe(false);
    expect(out[1]).toBe('NODE  DONE  WHY NOT\na     yes\nb     no    it is away\n');
    expect(await run('cache', 'invalidate', '--all', '--json')).toBe(false);
    expect(JSON.parse(out[2] ?? '')).toEqual(answer);
  });

  it('P15: watches a drain, line by line, until it has ended', async () => {
    const { run, clock, manager, out, status, asked } = terminal();
    const result = run('drain', 'a');
    await clock.advance(600);
    manager.nodes = [node('a', 'draining', 2), node('b', 'ready', 5)];
    await clock.advance(1_000);
    manager.nodes = [node('a', 'draining', 1), node('b', 'ready', 9)];
    await clock.advance(500);
    expect(out).toEqual([]);
    manager.nodes = [node('b', 'ready')];
    manager.operation = { ...begun, state: 'done' };
    await clock.advance(500);
    expect(await result).toBe(true);
    expect(asked[0]).toEqual(['drain', 'a']);
    expect(status).toEqual([
      'op-1  drain a …',
      'a  ready',
      'a  draining: 2 in flight, 1 streams, 4 sessions',
      'a  draining: 1 in flight, 1 streams, 4 sessions',
      'a  gone',
    ]);
    expect(out).toEqual(['drain a: done\n']);
  });

  it('tells why an operation failed, and is not good then', async () => {
    const { run, clock, manager, out, status } = terminal();
    const result = run('remove', 'a', '--force');
    manager.operation = {
      ...begun,
      kind: 'remove',
      state: 'failed',
      error: { code: 'last_node', message: 'a is the last' },
    };
    await clock.advance(500);
    expect(await result).toBe(false);
    expect(status.at(-1)).toBe('remove a: failed: a is the last (last_node)');
    expect(out).toEqual([]);
  });

  it('with --json the operation is all there is on stdout', async () => {
    const { run, clock, manager, out } = terminal();
    const result = run('restart', '--json');
    manager.operation = { id: 'op-1', kind: 'restart', state: 'done', startedAt: 'now' };
    await clock.advance(500);
    expect(await result).toBe(true);
    expect(JSON.parse(out.join(''))).toEqual(manager.operation);
  });

  it('adds a node by its URL, or lets one be started', async () => {
    const { run, clock, manager, out, asked } = terminal();
    expect(await run('add', 'http://c:3001', '--management', 'http://c:9')).toBe(true);
    expect(asked).toEqual([['add', 'http://c:3001', 'http://c:9']]);
    expect(out).toEqual(['http://c:3001/mcp is in the cluster\n']);
    manager.operation = { ...begun, kind: 'add', state: 'done' };
    const started = run('add');
    await clock.advance(500);
    expect(await started).toBe(true);
    expect(asked.at(1)?.[0]).toBe('start');
  });

  it('stays while the manager cannot be reached for a moment, and gives up after five seconds', async () => {
    const { run, clock, manager } = terminal();
    const result = run('drain', 'a').catch((thrown: unknown) => thrown);
    await clock.advance(100);
    manager.away = true;
    await clock.advance(4_000);
    manager.away = false;
    await clock.advance(1_000);
    manager.away = true;
    await clock.advance(5_000);
    expect(await result).toBeInstanceOf(AdminUnreachableError);
  });

  it('watches no longer than it was told', async () => {
    const { run, clock } = terminal();
    const result = run('drain', 'a', '--timeout', '3').catch((thrown: unknown) => thrown);
    await clock.advance(4_000);
    expect(await result).toMatchObject({ message: 'op-1 (drain) goes on; it is no longer watched (still_running)' });
  });
});
