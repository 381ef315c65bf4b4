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
  ])('%j is refused', (argv, message) => {
    expect(() => read(...argv)).toThrow(UsageError);
    expect(() => read(...argv)).toThrow(message);
  });
});
