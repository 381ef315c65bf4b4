import { systemRng, randomInt } from '@mcp-cluster/kernel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, startNode } from '../support/cluster.mjs';
import { runs } from '../support/running.mjs';
import { bombard, type Bombardment } from './bombardment.js';
import { fuzzInput } from './inputs.js';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 30);
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(systemRng, 2 ** 32));
/** Inputs a second that have to be borne. */
const REQUIRED_RATE = 200;
/** A little more is sent, so that a late timer of the sender does not fail the test. */
const RATE = 220;
/** Milliseconds to start, to wait for the last answers and to stop. */
const AROUND_MS = 90_000;

function expectUnharmed(fuzzed: Bombardment): void {
  const { sent, seconds, statuses, goodCalls } = fuzzed;
  const rate = sent / seconds;
  console.log(
    `FUZZ_SEED=${String(SEED)}: ${String(sent)} inputs in ${seconds.toFixed(1)} s (${rate.toFixed(0)}/s), ` +
      `${String(goodCalls)} good calls, answers: ${JSON.stringify(statuses)}`,
  );
  for (const failure of fuzzed.failures) console.error(failure);
  expect(fuzzed.failures).toEqual([]);
  expect(fuzzed.wrongCalls).toEqual([]);
  // Four good clients that pause for 20 ms: a tenth of what they reach on two busy cores.
  expect(goodCalls).toBeGreaterThan(seconds * 10);
  expect(rate).toBeGreaterThanOrEqual(REQUIRED_RATE);
}

describe(`fuzzed and malformed requests, seed ${String(SEED)}`, () => {
  it('are the same for the same seed, and others for another', () => {
    const inputs = (seed: number) => Array.from({ length: 300 }, (_, index) => fuzzInput(seed, index));
    expect(inputs(SEED)).toEqual(inputs(SEED));
    expect(inputs(SEED)).not.toEqual(inputs(SEED + 1));
  });

  it(
    `harm no cluster at ${String(REQUIRED_RATE)}/s for ${String(SECONDS)} s: no 5xx, no process lost, good calls all right`,
    async () => {
      const cluster = await startCluster({ nodes: 2, fixtures: true });
      onTestFinished(() => cluster.stop());
      const pids = async () => Object.fromEntries((await cluster.ready(2)).map(({ id, pid }) => [id, pid]));
      const before = await pids();
      console.log(`FUZZ_SEED=${String(SEED)} FUZZ_SECONDS=${String(SECONDS)} against a manager and 2 nodes`);
      const fuzzed = await bombard(new URL(cluster.url), SEED, RATE, SECONDS);
      expectUnharmed(fuzzed);
      expect(await pids()).toEqual(before);
      expect(cluster.pids().filter(runs)).toHaveLength(3);
    },
    SECONDS * 1_000 + AROUND_MS,
  );

  it(
    'harm no node without a manager before it',
    async () => {
      const node = await startNode({ fixtures: true });
      onTestFinished(() => node.stop());
      expectUnharmed(await bombard(new URL(node.url), SEED, RATE, SECONDS / 3));
      expect(node.pids().filter(runs)).toHaveLength(1);
    },
    SECONDS * 1_000 + AROUND_MS,
  );
});
