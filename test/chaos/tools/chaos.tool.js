/**
 * Tools whose runs can be counted. Plain JavaScript, as a folder for `--tools` needs it; hence the decorators are applied
 * by hand. Every text carries the tag of its call. Runs and effects are appended to the files that RUNS_FILE and
 * EFFECTS_FILE name: a line of JSON each, written in one piece, so that lines of several nodes do not mix.
 */
import { appendFileSync } from 'node:fs';
import { sleep, systemClock } from '@mcp-cluster/kernel';
import { Tool } from '@mcp-cluster/tools';
import { z } from 'zod';

export class ChaosTools {}

function add(method, options, run) {
  const descriptor = { value: run, configurable: true };
  Object.defineProperty(ChaosTools.prototype, method, descriptor);
  Tool(options)(ChaosTools.prototype, method, descriptor);
}

/** Of the machine, so that the suite can compare it with its own. */
const machineMs = () => Number(process.hrtime.bigint()) / 1e6;

function note(variable, tag, more) {
  const file = process.env[variable];
  if (file !== undefined)
    appendFileSync(file, `${JSON.stringify({ tag, pid: process.pid, at: machineMs(), ...more })}\n`);
}

const tag = z.string().max(200).describe('Names the call and its client.');
const READ_ONLY = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
const WRITES = { readOnlyHint: false, idempotentHint: false, destructiveHint: true, openWorldHint: false };

add(
  'slowRead',
  {
    name: 'slow_read',
    description: 'Changes nothing, in so many steps of so many milliseconds, and reports each.',
    input: z.object({ tag, steps: z.int().min(0).max(1_000), stepMs: z.int().min(0).max(10_000) }),
    annotations: READ_ONLY,
    // Each step is meant to be seen.
    progressIntervalMs: 0,
  },
  async ({ tag: mine, steps, stepMs }, context) => {
    if (steps > 0) note('RUNS_FILE', mine, { tool: 'slow_read' });
    for (let step = 1; step <= steps; step += 1) {
      await sleep(systemClock, stepMs, context.signal);
      context.progress(step, steps, `${mine} step ${String(step)}`);
    }
    return `${mine} read in ${String(steps)} steps by ${String(process.pid)}`;
  },
);

add(
  'appendOnce',
  {
    name: 'append_once',
    description: 'Appends a line. Called twice it appends two.',
    input: z.object({ tag, beforeMs: z.int().min(0).max(60_000), afterMs: z.int().min(0).max(60_000) }),
    annotations: WRITES,
    progressIntervalMs: 0,
  },
  async ({ tag: mine, beforeMs, afterMs }, context) => {
    note('RUNS_FILE', mine, { tool: 'append_once' });
    await sleep(systemClock, beforeMs, context.signal);
    context.progress(1, 3, `${mine} before`);
    note('EFFECTS_FILE', mine, {});
    context.progress(2, 3, `${mine} appended`);
    await sleep(systemClock, afterMs, context.signal);
    return `${mine} appended`;
  },
);

add(
  'chatter',
  {
    name: 'chatter',
    description: 'Reports its progress so many times in so many milliseconds, more than anybody reads.',
    input: z.object({ tag, events: z.int().min(1).max(100_000), overMs: z.int().min(0).max(60_000) }),
    annotations: READ_ONLY,
    progressIntervalMs: 0,
  },
  async ({ tag: mine, events, overMs }, context) => {
    const bursts = Math.max(1, Math.round(overMs / 20));
    for (let burst = 1, event = 0; burst <= bursts; burst += 1) {
      for (; event < (events * burst) / bursts; event += 1)
        context.progress(event + 1, events, `${mine} ${'x'.repeat(500)}`);
      await sleep(systemClock, overMs / bursts, context.signal);
    }
    return `${mine} said ${String(events)} things`;
  },
);

add(
  'askName',
  {
    name: 'ask_name',
    description: 'Asks its user for a name.',
    input: z.object({ tag }),
    annotations: READ_ONLY,
  },
  async ({ tag: mine }, context) => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const answer = await context.elicit('name', { message: `${mine} what is your name?`, requestedSchema: schema });
    return `${mine} ${answer.action}: ${String(answer.content?.name)}`;
  },
);
