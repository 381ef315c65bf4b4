import { z } from 'zod';
import { choice, integer, type Bounds } from './kinds.js';
import { openSetting, setting } from './setting.js';

const NODES = { min: 1, max: 20, unit: 'nodes', because: 'no cluster grows over 20 nodes (P16)' };
/** Most nodes where none are given. */
const MAX_NODES = NODES.max;
/** Fewest nodes where they are not started here: fewer lose answers when one dies (P16). */
const MIN_NODES = 2;

/** An integer with a default, whose variable is its flag in capitals. */
function number(flag: string, value: number, meaning: string, bounds: Bounds) {
  return setting(integer(bounds), { flag: `--${flag}`, env: variable(flag), default: value, meaning });
}

function variable(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_');
}

const percent = (min: number, max: number, because: string): Bounds => ({ min, max, unit: '%', because });
const ms = (min: number, max: number, because: string): Bounds => ({ min, max, unit: 'ms', because });
const HPA_WINDOW = ms(0, 3_600_000, 'the HPA takes at most an hour');
const ANSWER_MS = 'no call takes longer than ten minutes';

/** How the number of nodes follows the load (P16). All numbers of the rules are settings. */
export const scalingSettings = z.object({
  mode: openSetting(choice(['on', 'dry-run', 'off']), {
    flag: '--scaling',
    env: 'SCALING',
    otherwise: 'processes: on where --max-nodes is more than --nodes, else off; other discoveries: dry-run',
    meaning: 'Whether the number of nodes follows the load (P16). dry-run decides, logs and applies nothing.',
  }),
  intervalMs: number(
    'scaling-interval-ms',
    15_000,
    'Time between two decisions.',
    ms(100, 600_000, 'a load of ten minutes ago says nothing'),
  ),
  drainMs: openSetting(integer(ms(0, 3_600_000, 'an hour is the longest a rolling update may wait')), {
    flag: '--scaling-drain-ms',
    env: 'SCALING_DRAIN_MS',
    otherwise: 'as --drain-timeout-ms',
    meaning: 'How long a node that is to go may take to finish its calls before it is stopped.',
  }),
  min: openSetting(integer(NODES), {
    flag: '--min-nodes',
    env: 'MIN_NODES',
    otherwise: `as --nodes (processes), else ${String(MIN_NODES)}`,
    meaning: 'Fewest nodes that scaling leaves.',
  }),
  max: openSetting(integer(NODES), {
    flag: '--max-nodes',
    env: 'MAX_NODES',
    otherwise: String(MAX_NODES),
    meaning: 'Most nodes that scaling makes. More than --nodes turns it on (processes).',
  }),
  outCpu: number(
    'scaling-out-cpu',
    80,
    'Processor use of the nodes above which nodes are added.',
    percent(1, 100, '100 is one core, or the whole limit where that is less'),
  ),
  outMemory: number(
    'scaling-out-memory',
    85,
    'Memory of the nodes, of their limit, above which nodes are added.',
    percent(1, 100, '100 is the limit'),
  ),
  outResponseMs: number(
    'scaling-out-response-ms',
    1_000,
    'Mean time of an answer above which nodes are added.',
    ms(1, 600_000, ANSWER_MS),
  ),
  outQueue: number('scaling-out-queue', 100, 'Waiting calls in the cluster above which nodes are added.', {
    min: 1,
    max: 100_000,
    unit: 'calls',
    because: 'a manager holds no more',
  }),
  outLagMs: number(
    'scaling-out-lag-ms',
    250,
    "Lag of the nodes' event loops above which nodes are added.",
    ms(1, 60_000, 'a loop that is later than a minute is dead'),
  ),
  outFactorPercent: number(
    'scaling-out-factor',
    200,
    'Size after such an addition, of the size before.',
    percent(101, 1_000, 'it must grow, and ten times is a cluster of its own'),
  ),
  inCpu: number(
    'scaling-in-cpu',
    30,
    'Processor use below which nodes may be removed; all conditions must hold.',
    percent(0, 100, '100 is one core, or the whole limit where that is less'),
  ),
  inMemory: number(
    'scaling-in-memory',
    40,
    'Memory below which nodes may be removed.',
    percent(0, 100, '100 is the limit'),
  ),
  inResponseMs: number(
    'scaling-in-response-ms',
    100,
    'Mean time of an answer below which nodes may be removed.',
    ms(0, 600_000, ANSWER_MS),
  ),
  inFactorPercent: number(
    'scaling-in-factor',
    60,
    'Size after a removal, of the size before, rounded up.',
    percent(1, 99, 'it must shrink'),
  ),
  streamsTarget: number(
    'scaling-streams',
    1_000,
    'Open streams that a node should have; more nodes are added above it.',
    { min: 1, max: 8_192, unit: 'streams', because: 'a manager opens no more to one node' },
  ),
  inFlightTarget: number('scaling-in-flight', 200, 'Calls at once that a node should have.', {
    min: 1,
    max: 2_048,
    unit: 'calls',
    because: 'a manager sends no more to one node',
  }),
  eventLoopTarget: number(
    'scaling-event-loop',
    80,
    "Share of the time that a node's event loop should be busy.",
    percent(1, 100, '100 is always'),
  ),
  tolerancePercent: number(
    'scaling-tolerance',
    10,
    'How far those three may be off before anything is done.',
    percent(0, 100, 'twice the target is no tolerance'),
  ),
  outWindowMs: number(
    'scaling-out-window-ms',
    0,
    'Time over which the lowest recommendation counts before nodes are added.',
    HPA_WINDOW,
  ),
  inWindowMs: number(
    'scaling-in-window-ms',
    300_000,
    'Time over which the highest recommendation counts before nodes are removed.',
    HPA_WINDOW,
  ),
  periodMs: number(
    'scaling-period-ms',
    15_000,
    'Time in which the next three limits hold.',
    ms(1_000, 1_800_000, 'the HPA takes at most half an hour'),
  ),
  outNodes: number('scaling-out-nodes', 4, 'Nodes that may be added in one period, or --scaling-out-percent if more.', {
    ...NODES,
    min: 0,
  }),
  outPercent: number(
    'scaling-out-percent',
    100,
    'Growth in one period.',
    percent(0, 1_000, 'ten times is a cluster of its own'),
  ),
  inPercent: number(
    'scaling-in-percent',
    100,
    'Share of the nodes that may be removed in one period.',
    percent(0, 100, '100 is all of them'),
  ),
  maxStep: number('scaling-step', 20, 'Most nodes that one decision adds or removes.', NODES),
  cooldownMs: number(
    'scaling-cooldown-ms',
    0,
    'Time after a change in which there is no other.',
    ms(0, 3_600_000, 'a cluster that cannot change for an hour does not scale'),
  ),
});

type Read = z.output<typeof scalingSettings>;

/** The settings of scaling with every open one decided by what stands around them. */
export type ScalingConfig = { readonly [K in keyof Read]-?: NonNullable<Read[K]> };

export function decideScaling(
  scaling: Read,
  nodes: { readonly discovery: string; readonly count: number },
  drain: { readonly timeoutMs: number },
): ScalingConfig {
  const own = nodes.discovery === 'processes';
  const max = scaling.max ?? MAX_NODES;
  // A cluster of a size that somebody chose keeps it, unless he chose a range.
  const mode = scaling.mode ?? (own ? ((scaling.max ?? 0) > nodes.count ? 'on' : 'off') : 'dry-run');
  const min = scaling.min ?? Math.min(own ? nodes.count : MIN_NODES, max);
  return { ...scaling, mode, max, min, drainMs: scaling.drainMs ?? drain.timeoutMs };
}
