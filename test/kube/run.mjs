// test:kube: the image and the chart on a real Kubernetes. Where it runs: cluster.mjs.
// REPORT_FILE=file writes the counts as JSON; KEEP=1 leaves the cluster up for a look.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findCluster } from './cluster.mjs';
import { endAll } from './command.mjs';

const CHART = fileURLToPath(new URL('../../helm/mcp-cluster', import.meta.url));
const CLIENT = fileURLToPath(new URL('stream-client.mjs', import.meta.url));
const RELEASE = 'mcp-cluster';
const namespace = `mcp-test-${randomBytes(3).toString('hex')}`;
const counts = { passed: 0, failed: 0, skipped: 0 };

/** A step that others build on: its failure ends the run. */
async function step(title, work) {
  const start = performance.now();
  try {
    const said = await work();
    counts.passed += 1;
    console.log(`ok    ${title} (${seconds(start)} s)${said === undefined ? '' : `: ${said}`}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAIL  ${title} (${seconds(start)} s)`);
    throw error;
  }
}

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(1);
}

function skip(title, why) {
  counts.skipped += 1;
  console.log(`SKIP  ${title}: ${why}`);
}

class Suite {
  constructor(cluster, image) {
    this.cluster = cluster;
    const colon = image.lastIndexOf(':');
    this.image = [`image.repository=${image.slice(0, colon)}`, `image.tag=${image.slice(colon + 1)}`];
  }

  kubectl(...args) {
    return this.cluster.run(['kubectl', '-n', namespace, ...args], { timeoutMs: 180_000 });
  }

  helm(...args) {
    return this.cluster.run(['helm', '-n', namespace, ...args], { timeoutMs: 240_000 });
  }

  async install() {
    await this.kubectl('create', 'namespace', namespace);
    await this.kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
    const values = this.image.flatMap((value) => ['--set', value]);
    await this.helm('install', RELEASE, CHART, ...values, '--wait', '--timeout', '3m');
  }

  /** A script's stdout, run in a pod of a Deployment on the image's own Node. */
  inPod(deployment, script) {
    return this.kubectl('exec', `deployment/${RELEASE}-${deployment}`, '--', 'node', '-e', script);
  }

  async nodesAreKnown() {
    const script = `fetch('http://127.0.0.1:8080/admin/nodes').then((r) => r.text()).then(console.log)`;
    const nodes = JSON.parse(await this.inPod('manager', script));
    const ready = nodes.filter(({ state }) => state === 'ready');
    assert.equal(ready.length, 2, JSON.stringify(nodes));
    const pods = await this.kubectl(
      'get',
      'pods',
      '-l',
      'app.kubernetes.io/component=node',
      '-o',
      'jsonpath={.items[*].metadata.name}',
    );
    assert.deepEqual(ready.map(({ id }) => id).sort(), pods.trim().split(' ').sort());
  }

  async heapFollowsLimit() {
    const script = `console.log(require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20)`;
    const mebibytes = Number(await this.inPod('node', script));
    // 70 % of 768 MiB, and the young space on top.
    assert.ok(mebibytes > 500 && mebibytes < 700, `heap limit ${mebibytes} MiB in a container of 768 MiB`);
    return `${mebibytes.toFixed(0)} MiB of 768 MiB`;
  }

  async codeIsReadOnly() {
    const script = `for (const dir of ['/app', '/', '/home/node', '/var', '/tmp', '/var/cache/mcp']) try { require('node:fs').writeFileSync(dir + '/x', ''); console.log(dir) } catch {}`;
    const writable = (await this.inPod('node', script)).trim().split('\n');
    assert.deepEqual(writable, ['/tmp', '/var/cache/mcp'], 'only /tmp and the cache can be written to');
  }

  async cacheHasItsDisk() {
    const script = `fetch('http://127.0.0.1:9464/cache').then((r) => r.json()).then(({ levels }) => console.log(levels.l1.state, levels.l3.state))`;
    assert.equal((await this.inPod('node', script)).trim(), 'ok ok', 'the first level and the disk level work');
  }

  clusterKey() {
    return this.kubectl('get', 'secret', RELEASE, '-o', 'jsonpath={.data.cluster-key}');
  }

  async upgradeKeepsKey() {
    const before = await this.clusterKey();
    assert.ok(Buffer.from(before, 'base64').length >= 32);
    // Service addresses are no allowed host by themselves; the client below comes by that.
    const address = await this.kubectl('get', 'service', RELEASE, '-o', 'jsonpath={.spec.clusterIP}');
    const values = ['--reuse-values', '--set', `allowedHosts={${address}}`, '--set', 'logLevel=debug'];
    await this.helm('upgrade', RELEASE, CHART, ...values, '--wait', '--timeout', '4m');
    assert.equal(await this.clusterKey(), before);
  }

  streams() {
    return this.cluster.withService(namespace, RELEASE, 3000, async (url) => {
      const command = [process.execPath, CLIENT, `${url}/mcp`];
      const out = await this.cluster.run(command, { timeoutMs: 120_000 });
      return out.trim().split('\n').at(-1);
    });
  }

  rollingUpdate() {
    return this.cluster.withService(namespace, RELEASE, 3000, async (url) => {
      const client = this.cluster.start([process.execPath, CLIENT, `${url}/mcp`, '--rolling'], { timeoutMs: 400_000 });
      for (const tier of ['node', 'manager']) await this.replacePods(tier);
      client.child.stdin.end();
      const said = JSON.parse((await client.ended).trim().split('\n').at(-1));
      assert.ok(said.calls > 20, JSON.stringify(said));
      assert.equal(said.failed, 0, JSON.stringify(said));
      return `${said.calls} calls, ${said.failed} failed`;
    });
  }

  /**
   * Ends when the last of the old pods has gone: while they leave is when calls would break. With calls under a
   * second they leave soon after the drain delay of 5 s; one that stays until its time is up waits for something
   * that does not end by itself.
   */
  async replacePods(tier) {
    const old = await this.kubectl('get', 'pods', '-l', `app.kubernetes.io/component=${tier}`, '-o', 'name');
    await this.kubectl('rollout', 'restart', `deployment/${RELEASE}-${tier}`);
    await this.kubectl('rollout', 'status', `deployment/${RELEASE}-${tier}`, '--timeout=170s');
    await this.kubectl('wait', '--for=delete', ...old.trim().split('\n'), '--timeout=30s');
  }

  async uninstallLeavesNothing() {
    await this.helm('uninstall', RELEASE, '--wait', '--timeout', '3m');
    const kinds = 'deployments,services,secrets,networkpolicies,poddisruptionbudgets';
    const left = await this.kubectl('get', kinds, '-l', `app.kubernetes.io/instance=${RELEASE}`, '-o', 'name');
    assert.equal(left.trim(), '');
  }

  /** What one looks at first when it fails. */
  async explain() {
    const looks = [
      ['get', 'pods,services,endpointslices', '-o', 'wide'],
      ['describe', 'pods'],
      ['logs', '-l', `app.kubernetes.io/instance=${RELEASE}`, '--tail=60', '--prefix', '--all-containers'],
      ['get', 'events', '--sort-by=.lastTimestamp'],
    ];
    for (const look of looks) {
      console.log(`\n--- kubectl ${look.join(' ')}`);
      console.log(await this.kubectl(...look).catch((error) => error.message));
    }
  }

  async removeNamespace() {
    await this.kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found');
  }
}

async function runSuite(suite) {
  await step('installs into a namespace that enforces the restricted standard, and is Ready', () => suite.install());
  await step('the manager finds both nodes over DNS', () => suite.nodesAreKnown());
  await step(
    'helm test: real MCP calls, both eras',
    async () => void (await suite.helm('test', RELEASE, '--timeout', '2m')),
  );
  await step('P08: the heap follows the memory limit', () => suite.heapFollowsLimit());
  await step('the container can write to /tmp and its cache only', () => suite.codeIsReadOnly());
  await step('P06: a node has its cache on an emptyDir', () => suite.cacheHasItsDisk());
  await step('helm upgrade keeps the cluster key', () => suite.upgradeKeepsKey());
  await step("S08: run_analysis streams through the Service to the SDK's client, both eras", () => suite.streams());
  const rolling = 'P15: a rolling update of nodes and managers fails no call';
  if (suite.cluster.reachesServices) await step(rolling, () => suite.rollingUpdate());
  else skip(rolling, 'a port-forward does not outlive its pod');
  await step('helm uninstall leaves nothing', () => suite.uninstallLeavesNothing());
}

async function main() {
  const cluster = findCluster();
  if (cluster === undefined) {
    const line = 'LEFT OUT: kube — because there is no Kubernetes here: set KUBECONFIG and IMAGE (docs/install.md)';
    console.log(`\n${'='.repeat(line.length)}\n${line}\n${'='.repeat(line.length)}\n`);
    counts[process.env.CI === 'true' ? 'failed' : 'skipped'] += 1;
    return;
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, endAll); // the step fails, and the end below is reached
  let suite;
  try {
    console.log(`On ${cluster.name}, namespace ${namespace}`);
    await step('the image builds and the cluster is there', async () => {
      suite = new Suite(cluster, await cluster.open());
    });
    await runSuite(suite);
  } catch (error) {
    console.error(error);
    if (counts.failed === 0) counts.failed += 1;
    await suite?.explain();
  } finally {
    endAll(); // a client that still calls
    await suite?.removeNamespace().catch(() => undefined);
    if (process.env.KEEP !== '1') await cluster.close();
  }
}

await main();
console.log(`kube: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (process.env.REPORT_FILE) writeFileSync(process.env.REPORT_FILE, `${JSON.stringify(counts)}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
