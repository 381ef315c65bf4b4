import { ClusterKey, SessionSeal, TaskSeal } from '@mcp-cluster/protocol';
import { DEFAULT_STALL_MS, HostGuard } from '@mcp-cluster/transports';
import { IdSource, type Clock, type Rng } from '@mcp-cluster/kernel';
import { RequestFamilies, type Logger, type Registry } from '@mcp-cluster/telemetry';
import type { Membership } from '../membership/membership.js';
import { Router } from '../relay/router.js';
import { rememberHomes } from '../relay/session-homes.js';
import { UpstreamMetrics } from '../upstream/upstream.metrics.js';
import { ByteBudget } from './byte-budget.js';
import { ClientMetrics } from './client.metrics.js';
import { DoorRelays } from './door-relays.js';
import { doorMetrics } from './front-door.metrics.js';
import { FrontDoor } from './front-door.js';

/** Bytes of request bodies held at once: 64 of the largest, or 250,000 ordinary ones of 1 KiB. */
const BODY_BUDGET_BYTES = 256 * 1024 * 1024;

export interface DoorParts {
  readonly membership: Membership;
  readonly clusterKey: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Milliseconds that a client may take nothing of what waits for it; 10 s unless a test cannot wait. */
  readonly stallMs?: number;
}

/** The door with what it is made of; not listening yet. */
export function openDoor(parts: DoorParts): { door: FrontDoor; relays: DoorRelays } {
  const { membership, registry, clock, rng } = parts;
  const key = ClusterKey.from(parts.clusterKey);
  const sessions = new SessionSeal(key, clock, rng);
  const tasks = new TaskSeal(key, rng);
  const homes = {
    ofSession: rememberHomes((id) => sessions.open(id)?.home),
    ofTask: rememberHomes((id) => tasks.open(id)?.home),
  };
  const budget = new ByteBudget(BODY_BUDGET_BYTES);
  const requests = new RequestFamilies(registry, 'manager');
  const relays = new DoorRelays({
    router: new Router(membership, homes, rng),
    membership,
    budget,
    clock,
    requests,
    upstream: new UpstreamMetrics(registry),
    clients: new ClientMetrics(registry),
    stallMs: parts.stallMs ?? DEFAULT_STALL_MS,
    log: parts.logger,
  });
  doorMetrics(registry, relays, budget);
  const guard = new HostGuard({ allowedHosts: parts.allowedHosts, allowedOrigins: parts.allowedOrigins });
  const door = new FrontDoor({ guard, relays, budget, requests, ids: new IdSource(rng), clock });
  return { door, relays };
}
