import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  CHART,
  environment,
  find,
  FULL,
  hasHelm,
  helm,
  podSpec,
  render,
  sets,
  type PodSpec,
  type Rendered,
} from '../support/rendered-chart.js';

describe.skipIf(!hasHelm)('the chart', () => {
  it('lints with its defaults and with every value set', async () => {
    await helm('lint', '--strict', CHART);
    await helm('lint', '--strict', CHART, '--values', FULL);
  });

  it.each([
    ['an unknown value', ['nodes=3'], /additional properties 'nodes' not allowed/],
    ['an unknown value further in', ['node.replica=3'], /additional properties 'replica' not allowed/],
    ['P16: no nodes', ['node.replicas=0'], /node\/replicas.*got 0, want 1/],
    ['P1: an empty key of the Secret', ['clusterKey.secretKey='], /clusterKey\/secretKey/],
    [
      'a key that is both given and generated',
      ['clusterKey.existingSecret=a', 'clusterKey.keepOnUninstall=true'],
      /keepOnUninstall/,
    ],
    [
      'a budget that may take every pod',
      ['node.podDisruptionBudget.maxUnavailable=2'],
      /maxUnavailable is 2 of 2 replicas/,
    ],
    ['a delay longer than what follows', ['drain.delaySeconds=20', 'drain.timeoutSeconds=10'], /delaySeconds \(20\)/],
    ['P08: a heap as large as the limit', ['heapPercent=100'], /heapPercent/],
    [
      'an environment variable of its own',
      ['node.extraEnv[0].name=CLUSTER_KEY', 'node.extraEnv[0].value=x'],
      /CLUSTER_KEY, which the chart sets/,
    ],
    [
      'a Redis of two places',
      ['redis.external.url=redis://a', 'redis.external.existingSecret=b'],
      /expected one of them/,
    ],
    ['a Redis that is none', ['redis.external.url=http://a'], /redis\/external\/url/],
    [
      'an environment variable for Redis',
      ['node.extraEnv[0].name=REDIS_URL', 'node.extraEnv[0].value=x'],
      /REDIS_URL, which/,
    ],
    ['an origin with a scheme', ['allowedOrigins={https://example.com}'], /allowedOrigins/],
    ['a digest that is none', ['image.digest=latest'], /image\/digest/],
    ['a node port of an inner Service', ['manager.service.nodePort=30300'], /nodePort/],
    ['a label that selects', ['commonLabels.app\\.kubernetes\\.io/name=x'], /app\.kubernetes\.io\/name/],
  ])('refuses %s', async (_what, values, message) => {
    await expect(render(...sets(...values))).rejects.toThrow(message);
  });

  it('documents every value in README.md', () => {
    const readme = readFileSync(join(CHART, 'README.md'), 'utf8');
    const undocumented = (values: Record<string, unknown>, path: string[]): string[] =>
      Object.entries(values).flatMap(([key, value]) => {
        const here = [...path, key];
        if (readme.includes(`| \`${here.join('.')}\``)) return [];
        const inside = typeof value === 'object' && value !== null && !Array.isArray(value);
        return inside ? undocumented(value as Record<string, unknown>, here) : [here.join('.')];
      });
    const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Record<string, unknown>;
    expect(undocumented(values, [])).toEqual([]);
  });

  describe.each([
    ['its defaults', []],
    ['every value set', ['--values', FULL, ...sets('fullnameOverride=mcp-cluster')]],
  ])('with %s', (_what, args) => {
    it('keeps every pod within the restricted Pod Security standard, without a token', async () => {
      const objects = await render(...args);
      const pods = objects
        .filter(({ kind }) => ['Deployment', 'Pod'].includes(kind))
        .map(({ spec }) => spec.template?.spec ?? (spec as unknown as PodSpec));
      expect(pods).toHaveLength(3);
      for (const pod of pods) {
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        expect(pod.volumes.every(({ hostPath }) => hostPath === undefined)).toBe(true);
        for (const container of pod.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources.limits.memory).toBeTruthy();
        }
      }
    });

    it('P1: has no secret in it but the generated one', async () => {
      const objects = await render(...args);
      const containers = ['manager', 'node'].flatMap((tier) => podSpec(objects, tier).containers);
      for (const { env = [] } of containers) {
        const secrets = env.filter(({ name }) => /KEY|SECRET|TOKEN|PASSWORD/.test(name));
        expect(secrets.map(({ name }) => name)).toEqual(['CLUSTER_KEY']);
        expect(secrets[0]!.value).toBeUndefined();
        expect(secrets[0]!.valueFrom?.secretKeyRef?.key).toBeTruthy();
      }
    });

    it('selects with each Service and policy exactly its own pods', async () => {
      const objects = await render(...args);
      const labels = (tier: string) =>
        find(objects, 'Deployment', `mcp-cluster-${tier}`).spec.template!.metadata.labels;
      const selects = (selector: Record<string, string>, tier: string) =>
        Object.entries(selector).every(([key, value]) => labels(tier)[key] === value);
      for (const [name, tier, other] of [
        ['mcp-cluster', 'manager', 'node'],
        ['mcp-cluster-admin', 'manager', 'node'],
        ['mcp-cluster-node', 'node', 'manager'],
      ] as const) {
        const selector = find(objects, 'Service', name).spec.selector as Record<string, string>;
        expect([selects(selector, tier), selects(selector, other)], name).toEqual([true, false]);
      }
    });
  });

  it('P1: generates another key for each install, long enough, and none beside a given Secret', async () => {
    const keys = await Promise.all(
      [1, 2].map(async () => find(await render(), 'Secret', 'mcp-cluster').data!['cluster-key']!),
    );
    expect(keys[0]).not.toBe(keys[1]);
    expect(Buffer.from(keys[0]!, 'base64').length).toBeGreaterThanOrEqual(32);
    const given = await render(...sets('clusterKey.existingSecret=mine'));
    expect(given.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const key = podSpec(given, 'node').containers[0]!.env!.find(({ name }) => name === 'CLUSTER_KEY');
    expect(key?.valueFrom?.secretKeyRef).toEqual({ name: 'mine', key: 'cluster-key' });
  });

  it('P1: gives both tiers Redis from a Secret, and the nodes a way to it', async () => {
    const url = 'redis://:word@store:6380';
    const objects = await render(...sets(`redis.external.url=${url}`, 'redis.external.port=6380'));
    const secret = find(objects, 'Secret', 'mcp-cluster-redis') as Rendered & { stringData?: object };
    expect(secret.stringData).toEqual({ 'redis-url': url });
    expect(JSON.stringify(objects.filter((object) => object !== secret))).not.toContain('word@');
    for (const tier of ['manager', 'node']) {
      const env = podSpec(objects, tier).containers[0]!.env!;
      const from = env.find(({ name }) => name === 'REDIS_URL')?.valueFrom?.secretKeyRef;
      expect(from).toEqual({ name: 'mcp-cluster-redis', key: 'redis-url' });
      expect(env.find(({ name }) => name === 'REDIS_PREFIX')?.value).toBe('apps:mcp-cluster:');
    }
    const egress = find(objects, 'NetworkPolicy', 'mcp-cluster-node').spec['egress'] as object[];
    expect(egress[1]).toEqual({ ports: [{ port: 6380, protocol: 'TCP' }] });
  });

  it('takes Redis from a Secret that is there, and needs none', async () => {
    const given = await render('--values', FULL, ...sets('fullnameOverride=mcp-cluster'));
    const ref = podSpec(given, 'node').containers[0]!.env!.find(({ name }) => name === 'REDIS_URL')?.valueFrom;
    expect(ref?.secretKeyRef).toEqual({ name: 'my-redis', key: 'url' });
    expect(given.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(environment(podSpec(await render(), 'node')).has('REDIS_URL')).toBe(false);
  });

  it('P1: has no literal secret in its sources', () => {
    const sources = readdirSync(CHART, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of sources) {
      const text = readFileSync(join(parentPath, name), 'utf8').replaceAll(/sha256:[0-9a-f]{64}/g, '');
      expect(text.match(/\b(?=\w*[0-9])[A-Za-z0-9+]{32,}={0,2}/), name).toBeNull();
    }
  });

  it('gives a pod as long to end as the app may take, and a margin', async () => {
    const objects = await render(...sets('drain.delaySeconds=4', 'drain.timeoutSeconds=50', 'drain.marginSeconds=3'));
    for (const tier of ['manager', 'node']) {
      const pod = podSpec(objects, tier);
      expect(pod.terminationGracePeriodSeconds).toBe(4 + 50 + 3);
      const env = environment(pod);
      expect([env.get('DRAIN_DELAY_MS'), env.get('DRAIN_TIMEOUT_MS')]).toEqual(['4000', '50000']);
    }
  });

  it('never has fewer pods in a rolling update', async () => {
    const objects = await render();
    for (const tier of ['manager', 'node']) {
      const { strategy } = find(objects, 'Deployment', `mcp-cluster-${tier}`).spec;
      expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    }
  });

  it('asks for liveness and readiness on the management port only', async () => {
    const objects = await render();
    for (const tier of ['manager', 'node']) {
      const [container] = podSpec(objects, tier).containers;
      const { startupProbe, livenessProbe, readinessProbe } = container!;
      expect(startupProbe).toMatchObject({ httpGet: { path: '/livez', port: 'management' } });
      expect(livenessProbe).toMatchObject({ httpGet: { path: '/livez', port: 'management' } });
      expect(readinessProbe).toMatchObject({ httpGet: { path: '/readyz', port: 'management' } });
      expect(container!.ports).toContainEqual({ name: 'management', containerPort: 9464 });
    }
  });

  it('lets the manager answer to the names that it is reached by, and to added ones', async () => {
    const hosts = environment(podSpec(await render(...sets('allowedHosts={mcp.example.com}')), 'manager')).get(
      'ALLOWED_HOSTS',
    );
    expect(hosts?.split(',')).toEqual(
      expect.arrayContaining([
        'localhost',
        'mcp-cluster',
        'mcp-cluster.apps',
        'mcp-cluster.apps.svc',
        'mcp-cluster.apps.svc.cluster.local',
        'mcp-cluster-admin',
        'mcp.example.com',
      ]),
    );
  });

  it('opens nodes to the manager alone, and lets only DNS out of them', async () => {
    const { spec } = find(await render(), 'NetworkPolicy', 'mcp-cluster-node');
    const ingress = spec['ingress'] as { from: { podSelector: { matchLabels: Record<string, string> } }[] }[];
    expect(ingress).toHaveLength(1);
    expect(ingress[0]!.from).toHaveLength(1);
    expect(ingress[0]!.from[0]!.podSelector.matchLabels['app.kubernetes.io/component']).toBe('manager');
    expect(spec['egress']).toEqual([
      {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
    ]);
    expect(spec['policyTypes']).toEqual(['Ingress', 'Egress']);
  });

  it('never puts the admin API on the front door', async () => {
    const { spec } = find(await render(...sets('manager.service.type=LoadBalancer')), 'Service', 'mcp-cluster');
    expect((spec['ports'] as { name: string }[]).map(({ name }) => name)).toEqual(['mcp']);
  });

  it('P08: sets the heap where the process starts, and takes the digest before the tag', async () => {
    const pod = podSpec(await render('--values', FULL, ...sets('fullnameOverride=mcp-cluster')), 'node');
    expect(environment(pod).get('NODE_OPTIONS')).toBe('--max-old-space-size-percentage=60');
    expect(pod.containers[0]!.image).toBe(`registry.example.com/mcp-cluster@sha256:${'0123456789abcdef'.repeat(4)}`);
    expect(pod.containers[0]!.args).toEqual(['node', '--fixtures']);
  });
});
