import type { FencedRegister, Leadership, ScalingSettings } from '@mcp-cluster/cluster';
import type { Background, Clock } from '@mcp-cluster/kernel';
import type { Registry } from '@mcp-cluster/telemetry';
import { ClusterLoad, type LoadedNode } from './cluster-load.js';
import type { Decisions } from './decision.js';
import { DecisionLog, type DecisionLines } from './decision-log.js';
import { RegisterFollower } from './register-follower.js';
import { RegisterTarget } from './register.target.js';
import { FleetTarget, ObservedTarget, type ScaleTarget, type Sizable } from './scale-target.js';
import { Scaler } from './scaler.js';
import { ScalingMetrics } from './scaling.metrics.js';

/** The group `scaling` of the manager's configuration. */
export interface ScalingConfig extends ScalingSettings {
  readonly mode: 'on' | 'dry-run' | 'off';
  /** Milliseconds between two decisions. */
  readonly intervalMs: number;
}

export interface ScalingParts {
  readonly config: ScalingConfig;
  readonly members: { nodes(): readonly LoadedNode[] };
  /** The nodes that this manager starts, if it starts any. */
  readonly fleet?: Sizable | undefined;
  /** Where several managers agree on the number, if there is a store. */
  readonly register?: FencedRegister | undefined;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly background: Background;
  readonly registry: Registry;
  readonly log: DecisionLines;
}

/** Scaling that runs. */
export interface Scaling {
  readonly decisions: Decisions;
  start(): void;
  stop(): void;
}

/**
 * Puts scaling together. With a register every leader writes the number there and the manager that starts the nodes
 * follows it; without one a manager scales its own nodes; a manager with neither only says what it would do.
 */
export function openScaling(parts: ScalingParts): Scaling {
  const { config, members, fleet, register, leadership, clock, background, registry, log } = parts;
  const decisions = new DecisionLog(log);
  if (config.mode === 'off') return { decisions, start: () => undefined, stop: () => undefined };
  const load = new ClusterLoad(members, clock);
  const isAdvice = config.mode === 'dry-run' || (fleet === undefined && register === undefined);
  const metrics = new ScalingMetrics(registry, () => scaler.desired);
  const scaler: Scaler = new Scaler({
    settings: config,
    intervalMs: config.intervalMs,
    dryRun: isAdvice,
    leadership,
    load,
    target: targetOf(parts, load),
    clock,
    background,
    decided: (decision) => {
      metrics.count(decision);
      decisions.add(decision);
    },
  });
  const follower =
    config.mode === 'on' && fleet !== undefined && register !== undefined
      ? new RegisterFollower({ register, fleet, leadership, max: config.max, clock, background, log })
      : undefined;
  return {
    decisions,
    start: () => {
      follower?.start();
      scaler.start();
    },
    stop: () => {
      scaler.stop();
      follower?.stop();
    },
  };
}

function targetOf({ fleet, register }: ScalingParts, load: ClusterLoad): ScaleTarget {
  if (register !== undefined) return new RegisterTarget(register);
  return fleet === undefined ? new ObservedTarget(() => load.count) : new FleetTarget(fleet);
}
