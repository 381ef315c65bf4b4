/**
 * Tools that say more than anybody reads. Plain JavaScript, so that the measured node does not also carry Node's
 * TypeScript loader; hence the decorators are applied by hand.
 */
import { createHash } from 'node:crypto';
import { sleep, systemClock, systemRng } from '@mcp-cluster/kernel';
import { Tool } from '@mcp-cluster/tools';
import { z } from 'zod';

/** What a chatty tool would say of each step. */
const MESSAGE = 'step done, and here is what was seen on the way: '.padEnd(800, 'x');
const READ_ONLY = { readOnlyHint: true, idempotentHint: true };
const BURSTS_A_SECOND = 50;

export class FloodTools {}

function add(method, options, run) {
  const descriptor = { value: run, configurable: true };
  Object.defineProperty(FloodTools.prototype, method, descriptor);
  Tool({ annotations: READ_ONLY, ...options })(FloodTools.prototype, method, descriptor);
}

const floodInput = z.object({ events: z.int().min(1).max(100_000), seconds: z.int().min(1).max(60) });

add(
  'flood',
  {
    name: 'flood',
    description: 'Reports progress so many times in so many seconds, not throttled.',
    input: floodInput,
    progressIntervalMs: 0,
  },
  async ({ events, seconds }, context) => {
    const bursts = seconds * BURSTS_A_SECOND;
    // Calls that began together must not all burst in the same turn of the loop.
    await sleep(systemClock, (1_000 / BURSTS_A_SECOND) * systemRng.next(), context.signal);
    for (let burst = 1; burst <= bursts; burst += 1) {
      for (
        let event = Math.floor(((burst - 1) * events) / bursts);
        event < Math.floor((burst * events) / bursts);
        event += 1
      )
        context.progress(event + 1, events, MESSAGE);
      await sleep(systemClock, 1_000 / BURSTS_A_SECOND, context.signal);
    }
    return `reported ${String(events)} times`;
  },
);

const workInput = z.object({
  rounds: z.int().min(1).max(10_000_000).describe('Pieces of the same work.'),
  reports: z.int().min(0).max(1_000_000).describe('How often progress is reported meanwhile.'),
});

add(
  'work',
  { name: 'work', description: 'Hashes, and reports progress as often as it is told.', input: workInput },
  async ({ rounds, reports }, context) => {
    const hash = createHash('sha256');
    for (let round = 1, reported = 0; round <= rounds; round += 1) {
      hash.update(MESSAGE);
      for (; reported < (round * reports) / rounds; reported += 1) context.progress(reported + 1, reports, MESSAGE);
      if (round % 1_000 === 0) await context.breathe();
    }
    return hash.digest('hex');
  },
);
