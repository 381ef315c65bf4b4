import { describe, expect, it } from 'vitest';
import { nodeEnvironment } from './environment.js';
import { readManagerConfig } from './manager.config.js';
import { readNodeConfig } from './node.config.js';

const KEY = 'qIu1XxVbq0m8yZJ3hV9f2kP7sWc4LdTn';

describe('the environment of a started node', () => {
  it('is one that the node can read, and does not repeat the ports and id of the manager', () => {
    const env = {
      MCP_PORT: '3000',
      ALLOWED_HOSTS: 'mcp.example.com',
      NODE_ID: 'boss',
      MCP_ADVERTISE: 'http://boss:3000',
      MAX_SESSIONS: '7',
      PATH: '/bin',
      DATA_DIR: '/d',
      UNSET: undefined,
    };
    const config = readManagerConfig(['--fixtures', '--host', '0.0.0.0'], env);
    const started = nodeEnvironment(config, env, { key: KEY, nodeId: 'node-1' });
    expect(started).toMatchObject({ PATH: '/bin' });
    expect(started).not.toHaveProperty('UNSET');
    expect(readNodeConfig([], started)).toMatchObject({
      node: { fixtures: true, dataDir: '/d' },
      mcp: { host: '127.0.0.1', port: 0, allowedHosts: ['mcp.example.com', '127.0.0.1', 'localhost'] },
      management: { host: '127.0.0.1', port: 0 },
      cluster: { key: KEY, nodeId: 'node-1' },
      sessions: { max: 7 },
    });
    expect(readNodeConfig([], started).node.advertise).toBeUndefined();
  });

  it('names the store that the manager uses, not the one that it was told not to', () => {
    const env = { REDIS_URL: 'redis://:old@a:1' };
    const config = readManagerConfig(['--redis', 'none', '--redis-prefix', 'b:'], env);
    const started = (redisUrl?: string) =>
      readNodeConfig([], nodeEnvironment(config, env, { key: KEY, nodeId: 'node-1', redisUrl })).redis;
    expect(started()).toEqual({ prefix: 'b:' });
    expect(started('redis://:new@127.0.0.1:2')).toEqual({ prefix: 'b:', url: 'redis://:new@127.0.0.1:2' });
  });

  describe('of its cache', () => {
    const started = (argv: string[], env: Record<string, string>, nodeId = 'node-1') => {
      const config = readManagerConfig(argv, env);
      const environment = nodeEnvironment(config, env, { key: KEY, nodeId, redisUrl: 'redis://state:1' });
      return readNodeConfig([], environment).cache;
    };

    it('shares it where the state is, unless told otherwise by a variable or by a flag, which wins', () => {
      const env = { CACHE_REDIS_URL: 'redis://:word@cache:2' };
      expect(started([], {}).redisUrl).toBe('redis://state:1');
      expect(started([], env).redisUrl).toBe('redis://:word@cache:2');
      expect(started(['--cache-redis', 'redis://other:3'], env).redisUrl).toBe('redis://other:3');
      expect(started(['--cache-redis', 'none'], env).redisUrl).toBeUndefined();
    });

    it('has a folder of its own, and none where none was given', () => {
      expect(started(['--cache-dir', '/var/cache'], { CACHE_DIR: '/old' }, 'node-2').dir).toBe('/var/cache/node-2');
      expect(started([], { CACHE_DIR: '/old' }, 'node-3').dir).toBe('/old/node-3');
      expect(started([], {}).dir).toBeUndefined();
    });

    it('takes all else from the variables of the manager', () => {
      const env = { CACHE: 'false', CACHE_ENTRIES: '7', CACHE_PREFETCH: 'false', CACHE_WARM_MS: '0' };
      expect(started([], env)).toMatchObject({ enabled: false, entries: 7, prefetch: false, warmMs: 0 });
    });
  });
});
