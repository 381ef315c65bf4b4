import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../support/cluster.mjs';
import { runs } from '../../support/running.mjs';
import { Barrage } from './barrage.js';
import { inputAt } from './generate.js';
import { GoodCalls } from './good-calls.js';
import { show } from './input.js';

/** Each run draws new inputs; a failed one is repeated with the seed that it printed. */
const SEED = numberFrom('FUZZ_SEED', Date.now() % 2 ** 31);
const SECONDS = numberFrom('FUZZ_SECONDS', 30);
/** Inputs a second: the promise, and what is tried so that a slow moment does not break it. */
const PROMISED_RATE = 200;
const TRIED_RATE = 250;
/** Inputs that are made twice to see that they are the same. */
const COMPARED = 500;

let cluster: Cluster;
beforeAll(async () => {
  console.log(`FUZZ_SEED=${String(SEED)} FUZZ_SECONDS=${String(SECONDS)}`);
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

describe(`a barrage with seed ${String(SEED)}`, () => {
  it('the same seed gives the same inputs, another seed others', () => {
    const inputs = (seed: number): string[] => Array.from({ length: COMPARED }, (_none, index) => show(inputAt(seed, index)));
    expect(inputs(SEED)).toEqual(inputs(SEED));
    expect(inputs(SEED)).not.toEqual(inputs(SEED + 1));
  });

  it('no input breaks the cluster, is left without an answer or harms a good call', { timeout: (SECONDS + 90) * 1000 }, async () => {
    const good = new GoodCalls(cluster.url);
    await good.learn();
    const before = await pids();
    const calling = good.run();
    const barrage = new Barrage(cluster.url, SEED, TRIED_RATE);
    const { sent, perSecond, statuses, findings } = await barrage.run(SECONDS).finally(() => {
      good.stop();
    });
    await calling;

    console.log(`${String(sent)} inputs, ${perSecond.toFixed(0)}/s, ${String(good.made)} good calls, answers: ${JSON.stringify(statuses)}`);
    if (findings.length > 0) console.log(`FUZZ_SEED=${String(SEED)}\n${findings.join('\n')}`);
    expect(findings).toEqual([]);
    expect(good.complaints).toEqual([]);
    expect(good.made).toBeGreaterThan(SECONDS);
    expect(perSecond).toBeGreaterThanOrEqual(PROMISED_RATE);
    expect(await pids()).toEqual(before);
    expect(cluster.pid !== undefined && runs(cluster.pid)).toBe(true);
    // What was started by clients who left has ended: nothing keeps running for nobody.
    await cluster.running(0);
  });
});

/** The process id of every node by its name. */
async function pids(): Promise<Record<string, number>> {
  const nodes = await cluster.ready(2);
  return Object.fromEntries(nodes.map(({ id, pid }) => [id, pid]));
}

function numberFrom(name: string, otherwise: number): number {
  const value = process.env[name];
  if (value === undefined || value === '') return otherwise;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${name}: expected a positive integer, got ${value}`);
  return number;
}
