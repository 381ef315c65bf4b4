import { describe, expect, it } from 'vitest';
import { ConfigError, HelpRequested, type Problem } from './config.errors.js';
import { managerSchema, readManagerConfig } from './manager.config.js';
import { nodeSchema, readNodeConfig } from './node.config.js';
import { settingsOf } from './setting.js';

const KEY = 'qIu1XxVbq0m8yZJ3hV9f2kP7sWc4LdTn';

function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('reading the configuration', () => {
  it('needs nothing on a laptop, and opens nothing to the network', () => {
    expect(readNodeConfig([], {})).toEqual({
      node: { stdio: false, fixtures: false, logSummaryBytes: 1_048_576, crawlAllow: [], failpoints: [] },
      streams: { keepAliveMs: 15_000, stallMs: 10_000 },
      mcp: {
        host: '127.0.0.1',
        port: 3001,
        allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
        allowedOrigins: ['localhost', '127.0.0.1', '[::1]'],
      },
      sessions: { idleMs: 1_800_000, max: 10_000 },
      management: { host: '127.0.0.1', port: 9464 },
      redis: { prefix: 'mcp:' },
      cache: {
        enabled: true,
        entries: 1_000,
        bytes: 67_108_864,
        diskBytes: 1_073_741_824,
        prefetch: true,
        warmMs: 2_000,
      },
      cluster: { nodeId: expect.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/) as string },
      drain: { delayMs: 0, timeoutMs: 3_000 },
      log: { level: 'info' },
    });
    expect(readManagerConfig([], {})).toMatchObject({
      nodes: { count: 2, discovery: 'processes', fixtures: false, urls: [], port: 3001, managementPort: 9464 },
      mcp: { host: '127.0.0.1', port: 3000 },
      admin: { host: '127.0.0.1', port: 8080 },
      management: { host: '127.0.0.1', port: 9464 },
    });
  });

  it('takes everything from the environment, as the chart gives it', () => {
    const env = {
      MCP_PORT: '3100',
      MCP_HOST: '0.0.0.0',
      ADMIN_PORT: '8180',
      MANAGEMENT_PORT: '9564',
      DISCOVERY: 'dns',
      NODES_HOST: 'mcp-nodes.default.svc',
      NODES_PORT: '3002',
      NODES_MANAGEMENT_PORT: '9465',
      CLUSTER_KEY: KEY,
      ALLOWED_HOSTS: 'MCP.example.com, [::1],mcp.example.com',
      ALLOWED_ORIGINS: '*',
      DRAIN_DELAY_MS: '5000',
      DRAIN_TIMEOUT_MS: '60000',
      LOG_LEVEL: 'warn',
      NODE_ID: 'manager-0',
      REDIS_URL: '',
      REDIS_PREFIX: 'blue:mcp:',
    };
    const { scaling, ...config } = readManagerConfig([], env);
    expect(scaling).toMatchObject({ mode: 'dry-run', min: 2, max: 20, drainMs: 60_000 });
    expect(config).toEqual({
      nodes: {
        discovery: 'dns',
        count: 2,
        fixtures: false,
        host: 'mcp-nodes.default.svc',
        urls: [],
        port: 3002,
        managementPort: 9465,
      },
      mcp: { host: '0.0.0.0', port: 3100, allowedHosts: ['mcp.example.com', '[::1]'], allowedOrigins: ['*'] },
      admin: { host: '0.0.0.0', port: 8180 },
      management: { host: '0.0.0.0', port: 9564 },
      cluster: { key: KEY, nodeId: 'manager-0' },
      redis: { prefix: 'blue:mcp:' },
      routing: 'cache-aware',
      cache: {},
      drain: { delayMs: 5_000, timeoutMs: 60_000 },
      log: { level: 'warn' },
    });
  });

  it('lets flags win over the environment, and the last of two flags win', () => {
    const env = { MCP_PORT: '4000', DATA_DIR: '/a', MCP_FIXTURES: 'true' };
    const config = readNodeConfig(['--port', '4001', '--port=0', '--fixtures=false', '--data', '/b'], env);
    expect(config.mcp.port).toBe(0);
    expect(config.node).toMatchObject({ stdio: false, fixtures: false, dataDir: '/b' });
  });

  it('takes a switch without a value, and leaves the next argument alone', () => {
    expect(readNodeConfig(['--stdio', '--port', '7'], {})).toMatchObject({ node: { stdio: true }, mcp: { port: 7 } });
  });

  it('gives management and admin ports an address of their own when asked', () => {
    const config = readManagerConfig(['--host', '0.0.0.0', '--admin-host', '127.0.0.1'], {});
    expect([config.admin.host, config.management.host]).toEqual(['127.0.0.1', '0.0.0.0']);
  });

  it('does not share default lists between two configs', () => {
    readNodeConfig([], {}).mcp.allowedHosts.push('evil.example');
    expect(readNodeConfig([], {}).mcp.allowedHosts).not.toContain('evil.example');
  });
});

describe('refusing a configuration', () => {
  it('names all problems at once, also those between settings', () => {
    const argv = ['--nodes', '0', '--discovery=dns', '--admin-port', '70000', '--prot', '3000', 'stray', '--log-level'];
    const problems = problemsOf(() => readManagerConfig(argv, { MCP_PORT: 'tcp://10.0.0.1:3000', CLUSTER_KEY: '' }));
    expect(problems.map(({ name, received }) => [name, received])).toEqual([
      ['"--prot"', 'an unknown flag'],
      ['arguments', '"stray"'],
      ['--log-level', 'no value'],
      ['--nodes', '"0"'],
      ['MCP_PORT', '"tcp://10.0.0.1:3000"'],
      ['--admin-port', '"70000"'],
      ['--nodes-host or NODES_HOST', 'nothing (none; dns needs it)'],
      ['CLUSTER_KEY', 'nothing (a random one at each start)'],
    ]);
    expect(problems[3]?.expected).toBe('an integer from 1 to 20 nodes: no cluster grows over 20 nodes (P16)');
  });

  it.each([
    ['--prot', '--port'],
    ['--managment-port', '--management-port'],
    ['--stdoi', '--stdio'],
    ['--hlep', '--help'],
  ])('names the known flag that is nearest to %s', (given, nearest) => {
    expect(problemsOf(() => readNodeConfig([given, 'x'], {}))).toEqual([
      { name: `"${given}"`, received: 'an unknown flag', expected: `${nearest} perhaps` },
    ]);
  });

  it('never prints the value of a secret, nor that of an unknown flag', () => {
    const secret = 'changeme-0123456789';
    const argv = ['--cluster-key', secret, `--clusterkey=${secret}`];
    const env = { CLUSTER_KEY: secret, REDIS_URL: `http://:${secret}@host` };
    let message = '';
    try {
      readManagerConfig(argv, env);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('4 problems with the configuration of the manager');
    expect(message).toContain('CLUSTER_KEY: got a value (not shown), expected at least 32 bytes');
    expect(message).not.toContain(secret);
  });

  it('escapes and cuts what it prints', () => {
    const [problem] = problemsOf(() => readNodeConfig(['--port', `\u001b[31m${'9'.repeat(500)}`], {}));
    expect(problem?.received).toBe(`"\\u001b[31m${'9'.repeat(75)}…"`);
  });

  it.each([
    ['--port', ['65536', '-1', '3001.5', '1e3', ' 80', '0x50', '']],
    ['--drain-timeout-ms', ['3600001', '-5', 'Infinity', '5s']],
    ['--host', ['http://a', 'a b', 'localhost:3000', '[::1]', '']],
    ['--id', ['a/b', 'é', 'x'.repeat(65)]],
    [
      '--allowed-hosts',
      ['https://a.example', 'a:80', 'a,,b', Array.from({ length: 101 }, (_, i) => `h${String(i)}`).join()],
    ],
    ['--fixtures', ['yes', 'TRUE', '']],
    ['--log-level', ['verbose', 'INFO']],
    ['--data', ['', 'a\nb', 'x'.repeat(4_097)]],
    ['--redis', ['localhost:6379', 'http://a', 'redis://', 'None', 'redis']],
    ['--redis-prefix', ['', 'a b', 'é:', 'x'.repeat(41), 'mcp*']],
    ['--advertise', ['https://a', 'http://a/mcp', 'http://user@a', 'a:3001', 'http://a,http://b']],
    ['--session-idle-ms', ['999', '86400001', '30m']],
    ['--max-sessions', ['0', '1000001']],
  ])('%s refuses what it cannot use', (flag, texts) => {
    for (const text of texts)
      expect(
        problemsOf(() => readNodeConfig([`${flag}=${text}`], {})),
        text,
      ).toHaveLength(1);
  });

  it.each(['ftp://a', 'http://a/mcp', 'http://user@a', 'a:3001', 'http://a,'])(
    'refuses %s as the URL of a node',
    (url) => {
      const argv = ['--discovery', 'static', '--nodes-urls', url];
      expect(problemsOf(() => readManagerConfig(argv, { CLUSTER_KEY: KEY })).map(({ name }) => name)).toEqual([
        '--nodes-urls',
      ]);
    },
  );

  it('needs what the chosen discovery needs', () => {
    const names = (argv: string[]): string[] => problemsOf(() => readManagerConfig(argv, {})).map(({ name }) => name);
    expect(names(['--discovery', 'dns'])).toEqual(['--nodes-host or NODES_HOST', 'CLUSTER_KEY']);
    expect(names(['--discovery', 'static'])).toEqual(['--nodes-urls or NODES_URLS', 'CLUSTER_KEY']);
    const urls = readManagerConfig(['--discovery=static', '--nodes-urls=http://A:1/,http://b'], { CLUSTER_KEY: KEY });
    expect(urls.nodes.urls).toEqual(['http://a:1', 'http://b']);
  });

  it('discovery over Redis needs a Redis, which none is not', () => {
    const names = (...argv: string[]): string[] =>
      problemsOf(() => readManagerConfig(['--discovery', 'redis', ...argv], { CLUSTER_KEY: KEY })).map(
        ({ name }) => name,
      );
    expect(names()).toEqual(['--redis or REDIS_URL']);
    expect(names('--redis', 'none')).toEqual(['--redis']);
    expect(names('--redis', 'ftp://a')).toEqual(['--redis']);
    expect(names('--redis', 'redis://a')).toEqual([]);
  });

  it('refuses names of failpoints that cannot be any', () => {
    const given = (names: string) => problemsOf(() => readNodeConfig([], { MCP_FAILPOINTS: names }));
    expect(given('stream.opened,after-record').map(({ name }) => name)).toEqual(['MCP_FAILPOINTS']);
    expect(readNodeConfig([], { MCP_FAILPOINTS: 'stream.opened, ledger.claimed' }).node.failpoints).toEqual([
      'stream.opened',
      'ledger.claimed',
    ]);
  });

  it('refuses one port for two purposes, but any number of free ones', () => {
    const taken = ['--port', '9464', '--admin-port', '9464'];
    expect(problemsOf(() => readManagerConfig(taken, {})).map(({ name }) => name)).toEqual([
      '--admin-port',
      '--management-port or MANAGEMENT_PORT',
    ]);
    const free = ['--port=0', '--admin-port=0', '--management-port=0'];
    expect(problemsOf(() => readManagerConfig(free, {}))).toEqual([]);
    expect(problemsOf(() => readNodeConfig(['--port=x', '--management-port=x'], {}))).toHaveLength(2);
  });
});

describe('settings', () => {
  it.each(['--help', '-h'])('%s prints every setting of the program', (flag) => {
    let usage = '';
    try {
      readManagerConfig([flag, '--nonsense'], { MCP_PORT: 'x' });
    } catch (error) {
      expect(error).toBeInstanceOf(HelpRequested);
      usage = (error as Error).message;
    }
    for (const { flag: name, env, type, fallback, meaning } of settingsOf(managerSchema)) {
      const line = usage.split('\n').find((candidate) => candidate.includes(meaning));
      for (const part of [name ?? '', env ?? '', type, fallback]) expect(line).toContain(part);
    }
  });

  it.each([
    ['node', settingsOf(nodeSchema)],
    ['manager', settingsOf(managerSchema)],
  ])('of the %s have each a name of their own', (_app, settings) => {
    for (const names of [settings.flatMap(({ flag }) => flag ?? []), settings.flatMap(({ env }) => env ?? [])])
      expect(new Set(names).size).toBe(names.length);
    for (const { flag, env, path } of settings) expect(flag ?? env, path.join('.')).toBeDefined();
  });
});
