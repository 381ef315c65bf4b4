import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { echo, messages } from '../support/raw-http.js';
import { eventually, NODE, ROOT, Running, runs, STOP_MS } from '../support/running.mjs';

const clusters: Cluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.stop();
});

async function start(env: Record<string, string> = {}): Promise<Cluster> {
  const cluster = await startCluster({ nodes: 3, env });
  clusters.push(cluster);
  return cluster;
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s to the manager', (signal) => {
  it('ends every process within 5 s with exit code 0', async () => {
    const cluster = await start();
    expect(cluster.pids().filter(runs)).toHaveLength(4);
    cluster.process.kill(signal);
    expect(await cluster.process.end(STOP_MS)).toMatchObject({ code: 0 });
    await cluster.gone(1_000);
  });

  it('lets a running call end', async () => {
    const cluster = await start();
    const call = fetch(cluster.url, echo('to the end', 1_000, { id: 4 }));
    await cluster.running(1);
    cluster.process.kill(signal);
    expect(await messages(await call)).toMatchObject([{ id: 4, result: { content: [{ text: 'to the end' }] } }]);
    expect(await cluster.process.end(STOP_MS)).toMatchObject({ code: 0 });
  });

  it('ends within 5 s although a call would take a minute', async () => {
    const cluster = await start();
    const call = fetch(cluster.url, echo('too long', 60_000, { progressToken: 1 })).then((one) => one.text());
    const outcome = call.then(
      () => 'ended',
      () => 'cut',
    );
    await cluster.running(1);
    cluster.process.kill(signal);
    await cluster.gone(STOP_MS);
    expect(['ended', 'cut']).toContain(await outcome);
  });

  it('twice in one second is one key press', async () => {
    const cluster = await start();
    const call = fetch(cluster.url, echo('kept', 1_000, { id: 5 }));
    await cluster.running(1);
    cluster.process.kill(signal);
    cluster.process.kill(signal);
    expect(await messages(await call)).toMatchObject([{ id: 5, result: {} }]);
  });
});

it('a manager that is killed leaves no node behind', async () => {
  const cluster = await start();
  cluster.process.kill('SIGKILL');
  await cluster.gone(STOP_MS);
});

it('a port that is taken: the manager says so, ends with an error and leaves no node behind', async () => {
  const cluster = await start();
  const port = new URL(cluster.url).port;
  const second = new Running(NODE, [
    `${ROOT}apps/manager/dist/main.js`,
    ...['--port', port, '--admin-port', '0', '--management-port', '0'],
  ]);
  const { code } = await second.end();
  expect(code).toBeGreaterThan(0);
  expect(second.output).toContain(port);
  const started = [...second.output.matchAll(/"memberPid":(\d+)/g)].map(([, pid]) => Number(pid));
  await eventually('none of its processes runs', () => (started.some(runs) ? undefined : true));
});
