import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { readManagerConfig } from './manager.config.js';
import { readNodeConfig } from './node.config.js';

function refused(read: () => unknown): ConfigError['problems'] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the cache of a node', () => {
  const cache = (argv: string[], env: Record<string, string> = {}) => readNodeConfig(argv, env).cache;

  it('P06: holds a thousand entries in memory and a gigabyte on disk, and prefetches, unless told otherwise', () => {
    expect(cache([])).toEqual({
      enabled: true,
      entries: 1_000,
      bytes: 67_108_864,
      diskBytes: 1_073_741_824,
      prefetch: true,
      warmMs: 2_000,
    });
    const argv = ['--cache=false', '--cache-entries', '5', '--cache-bytes', '1048576', '--cache-dir', '/c'];
    expect(cache([...argv, '--cache-disk-bytes', '16777216', '--cache-prefetch=false', '--cache-warm-ms=0'])).toEqual({
      enabled: false,
      entries: 5,
      bytes: 1_048_576,
      dir: '/c',
      diskBytes: 16_777_216,
      prefetch: false,
      warmMs: 0,
    });
  });

  it.each([
    [undefined, undefined, undefined],
    [undefined, 'none', undefined],
    ['none', 'redis://state', undefined],
    [undefined, 'redis://state', 'redis://state'],
    ['redis://own', 'redis://state', 'redis://own'],
    ['redis://own', 'none', 'redis://own'],
  ])('with CACHE_REDIS_URL %s and REDIS_URL %s is shared in %s', (own, state, expected) => {
    const env = { CACHE_REDIS_URL: own ?? '', REDIS_URL: state ?? '' };
    expect(cache([], env).redisUrl).toBe(expected);
  });

  it('refuses bounds that cannot hold, and says why', () => {
    const env = {
      CACHE_ENTRIES: '0',
      CACHE_BYTES: '1048575',
      CACHE_DISK_BYTES: '16777215',
      CACHE_WARM_MS: '60001',
      CACHE_REDIS_URL: 'http://:hunter2@host',
    };
    const problems = refused(() => readNodeConfig(['--cache', '--cache-prefetch=perhaps', '--cache-dir='], env));
    expect(problems.map(({ name }) => name)).toEqual([
      'CACHE_REDIS_URL',
      'CACHE_ENTRIES',
      'CACHE_BYTES',
      '--cache-dir',
      'CACHE_DISK_BYTES',
      '--cache-prefetch',
      'CACHE_WARM_MS',
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    for (const { name, expected } of problems) if (/ENTRIES|BYTES|MS/.test(name)) expect(expected).toMatch(/: .+/);
  });
});

describe('the cache seen from the manager', () => {
  it('sends equal calls to one node, unless told to balance them', () => {
    expect(readManagerConfig([], {}).routing).toBe('cache-aware');
    expect(readManagerConfig(['--routing', 'balanced'], { ROUTING: 'cache-aware' }).routing).toBe('balanced');
    expect(refused(() => readManagerConfig([], { ROUTING: 'random' })).map(({ name }) => name)).toEqual(['ROUTING']);
  });

  it('knows where its nodes share it and keep it, and nothing else of it', () => {
    const env = { CACHE_REDIS_URL: 'none', CACHE_DIR: '/c', CACHE_ENTRIES: '5' };
    expect(readManagerConfig([], env).cache).toEqual({ redisUrl: 'none', dir: '/c' });
    expect(refused(() => readManagerConfig(['--cache-entries', '5'], {}))).toHaveLength(1);
  });
});
