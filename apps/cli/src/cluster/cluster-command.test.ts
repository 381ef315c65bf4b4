import { describe, expect, it } from 'vitest';
import { UsageError } from '../command-line.js';
import { readClusterCommand } from './cluster-command.js';

const read = (...argv: string[]) => readClusterCommand(argv, {});
const DEFAULTS = { admin: 'http://127.0.0.1:8080', json: false, timeoutMs: 600_000 };

describe('the words of npm run cluster', () => {
  it('P15: reads each verb', () => {
    expect(read('nodes', '--json')).toEqual({ verb: 'nodes', options: { ...DEFAULTS, json: true } });
    expect(read('add')).toEqual({ verb: 'add', url: undefined, managementUrl: undefined, options: DEFAULTS });
    expect(read('add', 'http://a:1/', '--management', 'http://a:2')).toMatchObject({
      url: 'http://a:1',
      managementUrl: 'http://a:2',
    });
    expect(read('drain', 'node-1')).toMatchObject({ verb: 'drain', id: 'node-1' });
    expect(read('remove', 'node-1')).toMatchObject({ verb: 'remove', id: 'node-1', force: false });
    expect(read('remove', '--force', 'node-1')).toMatchObject({ id: 'node-1', force: true });
    expect(read('restart', '--timeout', '2.5')).toMatchObject({ verb: 'restart', options: { timeoutMs: 2_500 } });
  });

  it('P06: reads what the cache is to forget', () => {
    expect(read('cache')).toEqual({ verb: 'cache', options: DEFAULTS });
    const target = (...argv: string[]) => read('cache', 'invalidate', ...argv);
    expect(target('--tool', 'echo')).toEqual({ verb: 'cache invalidate', target: { tool: 'echo' }, options: DEFAULTS });
    expect(target('--resource', 'logs')).toMatchObject({ target: { resource: 'logs' } });
    expect(target('--uri=logs://a')).toMatchObject({ target: { uri: 'logs://a' } });
    expect(target('--tag', 'prices')).toMatchObject({ target: { tag: 'prices' } });
    expect(target('--key=-_k')).toMatchObject({ target: { key: '-_k' } });
    expect(target('--all', '--json')).toMatchObject({ target: { all: true }, options: { json: true } });
  });

  it('takes the manager from the flag before the variable', () => {
    const env = { MCP_ADMIN_URL: 'https://admin.example' };
    const admin = (...argv: string[]) => {
      const command = readClusterCommand(argv, env);
      return command.verb === 'help' ? '' : command.options.admin;
    };
    expect(admin('nodes')).toBe('https://admin.example');
    expect(admin('nodes', '--admin', 'http://localhost:8181/')).toBe('http://localhost:8181');
  });

  it('is help where there is nothing, or where it is asked for', () => {
    expect(read()).toEqual({ verb: 'help' });
    expect(read('remove', '--help')).toEqual({ verb: 'help' });
  });

  it.each([
    [['reboot'], /expected nodes, add, drain.*got "reboot"/],
    [['nodes', 'all'], /nodes: expected nothing more, got "all"/],
    [['drain'], /drain: expected the id of one node, got ""/],
    [['remove', 'a', 'b'], /remove: expected the id of one node, got "a b"/],
    [['add', 'https://a'], /add: expected a URL without path .*got "https:\/\/a"/],
    [['add', 'http://a/mcp'], /add: expected a URL without path/],
    [['add', '--management', 'http://a'], /--management: expected with add URL/],
    [['nodes', '--force'], /--force: expected with remove, got "nodes"/],
    [['nodes', '--admin', 'localhost:8080'], /--admin: expected a URL without path/],
    [['nodes', '--timeout', '0'], /--timeout: expected seconds up to 7200, got "0"/],
    [['nodes', '--timeout', 'x'], /--timeout/],
    [['nodes', '--nonsense'], /nonsense/],
    [['nodes', '--tool', 'echo'], /--tool: expected with cache invalidate, got "nodes"/],
    [['cache', '--all'], /--all: expected with cache invalidate, got "cache"/],
    [['cache', 'drop'], /cache: expected invalidate or nothing, got "drop"/],
    [['cache', 'invalidate', 'echo'], /cache: expected invalidate or nothing, got "invalidate echo"/],
    [['cache', 'invalidate'], /expected one of --tool NAME.*got none/],
    [['cache', 'invalidate', '--tag', 'a', '--all'], /expected one of .*got --tag and --all/],
    [['cache', 'invalidate', '--tool', ''], /--tool: expected a name, got ""/],
  ])('%j is refused', (argv, message) => {
    expect(() => read(...argv)).toThrow(UsageError);
    expect(() => read(...argv)).toThrow(message);
  });
});
