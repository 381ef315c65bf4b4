import { readNodeConfig } from '@mcp-cluster/config';
import { describe, expect, it } from 'vitest';
import { environment, find, FULL, hasHelm, podSpec, render, sets, type Rendered } from '../support/rendered-chart.js';

describe.skipIf(!hasHelm)('the cache in the chart', () => {
  it.each([
    [
      'a Redis of the cache of two places',
      ['cache.redis.url=redis://a', 'cache.redis.existingSecret=b'],
      /cache\.redis.*expected one of them/,
    ],
    ['a Redis of the cache that is none', ['cache.redis.url=http://a'], /cache\/redis\/url/],
    ['a disk that is too small for a cache', ['cache.disk.size=19Mi'], /cache\.disk\.size is 19Mi: expected 20Mi/],
    ['a disk that is too large to look through', ['cache.disk.size=126Gi'], /cache\.disk\.size is 126Gi: expected/],
    ['a disk in another unit', ['cache.disk.size=2G'], /cache\/disk\/size/],
    ['a way of routing that is none', ['manager.routing=random'], /manager\/routing/],
    [
      'an environment variable of the cache',
      ['node.extraEnv[0].name=CACHE_DIR', 'node.extraEnv[0].value=x'],
      /CACHE_DIR, which/,
    ],
  ])('refuses %s', async (_what, values, message) => {
    await expect(render(...sets(...values))).rejects.toThrow(message);
  });

  it('P06: gives a node a cache in memory and on a disk of its own, that keeps within the limit of its volume', async () => {
    const pod = podSpec(await render(), 'node');
    const env = environment(pod);
    expect([...env].filter(([name]) => name.startsWith('CACHE'))).toEqual([
      ['CACHE', 'true'],
      ['CACHE_ENTRIES', '1000'],
      ['CACHE_BYTES', '67108864'],
      ['CACHE_PREFETCH', 'true'],
      ['CACHE_DIR', '/var/cache/mcp'],
      ['CACHE_DISK_BYTES', '1073741824'],
    ]);
    expect(pod.volumes).toContainEqual({ name: 'cache', emptyDir: { sizeLimit: '1280Mi' } });
    expect(pod.containers[0]!['volumeMounts']).toContainEqual({ name: 'cache', mountPath: '/var/cache/mcp' });
    const larger = environment(podSpec(await render(...sets('cache.disk.size=3Gi')), 'node'));
    expect(Number(larger.get('CACHE_DISK_BYTES'))).toBe(Math.floor(3 * 1024 ** 3 * 0.8));
  });

  it('gives a node a cache that the app can read, as large as it is asked for', async () => {
    const bounds = ['cache.entries=1000000', 'cache.memoryBytes=1073741824', 'cache.disk.size=125Gi'];
    const env = environment(podSpec(await render(...sets(...bounds)), 'node'));
    const { cache } = readNodeConfig([], Object.fromEntries([...env].filter(([name]) => name.startsWith('CACHE'))));
    expect(cache).toMatchObject({ entries: 1_000_000, bytes: 1_073_741_824, diskBytes: 107_374_182_400 });
    expect(() => readNodeConfig([], { CACHE_DISK_BYTES: String(16_777_216) })).not.toThrow();
  });

  it('leaves out the disk, or all of the cache, when it is told to', async () => {
    const names = async (...values: string[]) => {
      const pod = podSpec(await render(...sets('cache.redis.url=redis://cache', ...values)), 'node');
      const variables = [...environment(pod).keys()].filter((name) => name.startsWith('CACHE'));
      return { variables, volumes: pod.volumes.map(({ name }) => name) };
    };
    expect(await names('cache.disk.enabled=false')).toEqual({
      variables: ['CACHE', 'CACHE_REDIS_URL', 'CACHE_ENTRIES', 'CACHE_BYTES', 'CACHE_PREFETCH'],
      volumes: ['tmp'],
    });
    expect(await names('cache.enabled=false')).toEqual({ variables: ['CACHE'], volumes: ['tmp'] });
    const objects = await render(...sets('cache.redis.url=redis://cache', 'cache.enabled=false'));
    expect(objects.filter(({ metadata }) => metadata.name.includes('cache'))).toEqual([]);
    expect(find(objects, 'NetworkPolicy', 'mcp-cluster-node').spec['egress']).toHaveLength(1);
  });

  it('P1: gives the nodes, and nobody else, the Redis of the cache from a Secret, and a way to it', async () => {
    const url = 'redis://:word@cache:6381';
    const objects = await render(...sets(`cache.redis.url=${url}`, 'cache.redis.port=6381'));
    const secret = find(objects, 'Secret', 'mcp-cluster-cache-redis') as Rendered & { stringData?: object };
    expect(secret.stringData).toEqual({ 'redis-url': url });
    expect(JSON.stringify(objects.filter((object) => object !== secret))).not.toContain('word@');
    const env = (tier: string) => podSpec(objects, tier).containers[0]!.env!;
    const from = env('node').find(({ name }) => name === 'CACHE_REDIS_URL')?.valueFrom?.secretKeyRef;
    expect(from).toEqual({ name: 'mcp-cluster-cache-redis', key: 'redis-url' });
    expect(env('manager').some(({ name }) => name.startsWith('CACHE'))).toBe(false);
    const egress = find(objects, 'NetworkPolicy', 'mcp-cluster-node').spec['egress'] as object[];
    expect(egress[1]).toEqual({ ports: [{ port: 6381, protocol: 'TCP' }] });
  });

  it('replaces the nodes, and not the managers, when the Redis of the cache is another', async () => {
    const sums = async (url: string) => {
      const objects = await render(...sets(`cache.redis.url=${url}`));
      return ['node', 'manager'].map((tier) => {
        const { annotations } = find(objects, 'Deployment', `mcp-cluster-${tier}`).spec.template!.metadata;
        return annotations?.['checksum/cache-redis'];
      });
    };
    const [one, other] = [await sums('redis://a'), await sums('redis://b')];
    expect(one[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(other[0]).not.toBe(one[0]);
    expect([one[1], other[1]]).toEqual([undefined, undefined]);
  });

  it('takes the Redis of the cache from a Secret that is there, or none at all', async () => {
    const given = await render('--values', FULL, ...sets('fullnameOverride=mcp-cluster'));
    const variable = (objects: readonly Rendered[]) =>
      podSpec(objects, 'node').containers[0]!.env!.find(({ name }) => name === 'CACHE_REDIS_URL');
    expect(variable(given)?.valueFrom?.secretKeyRef).toEqual({ name: 'my-cache', key: 'cache-url' });
    const egress = find(given, 'NetworkPolicy', 'mcp-cluster-node').spec['egress'] as object[];
    expect(egress[2]).toEqual({
      ports: [{ port: 6381, protocol: 'TCP' }],
      to: [{ podSelector: { matchLabels: { app: 'cache' } } }],
    });
    const none = await render(...sets('cache.redis.url=none'));
    expect(variable(none)).toEqual({ name: 'CACHE_REDIS_URL', value: 'none' });
    expect(none.filter(({ metadata }) => metadata.name.includes('cache'))).toEqual([]);
    expect(find(none, 'NetworkPolicy', 'mcp-cluster-node').spec['egress']).toHaveLength(1);
  });

  it('tells the managers how to route', async () => {
    expect(environment(podSpec(await render(), 'manager')).get('ROUTING')).toBe('cache-aware');
    const balanced = await render(...sets('manager.routing=balanced'));
    expect(environment(podSpec(balanced, 'manager')).get('ROUTING')).toBe('balanced');
    expect(environment(podSpec(balanced, 'node')).has('ROUTING')).toBe(false);
  });
});
