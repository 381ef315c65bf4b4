import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import type { AdminApi, ListedNode, ListedOperation } from './admin-api.js';
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

/** A manager whose answers the test changes, and what was printed. */
function terminal() {
  const clock = new VirtualClock();
  const manager: { nodes: ListedNode[]; operation: ListedOperation; away: boolean } = {
    nodes: [node('a', 'ready'), node('b', 'ready', 3)],
    operation: begun,
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
