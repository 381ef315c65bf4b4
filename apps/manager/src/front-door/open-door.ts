import { RetryBudget } from '@mcp-cluster/balance';
import { ClusterKey, SessionSeal, SplicePass, TaskSeal } from '@mcp-cluster/protocol';
import { DEFAULT_STALL_MS, HostGuard } from '@mcp-cluster/transports';
import { Background, IdSource, type Clock, type Rng } from '@mcp-cluster/kernel';
import { RequestFamilies, type Logger, type Registry } from '@mcp-cluster/telemetry';
import type { Membership } from '../membership/membership.js';
import { Router, type Routing } from '../relay/router.js';
import { RouterMetrics } from '../relay/router.metrics.js';
import { rememberHomes } from '../relay/session-homes.js';
import { SpliceMetrics } from '../relay/splice.metrics.js';
import { ToolCatalog } from '../relay/tool-catalog.js';
import { listTools } from '../relay/tool-list.request.js';
import { WaitingRoom } from '../relay/waiting-room.js';
import { UpstreamMetrics } from '../upstream/upstream.metrics.js';
import { ByteBudget } from './byte-budget.js';
import { ClientMetrics } from './client.metrics.js';
import { DoorRelays } from './door-relays.js';
import { doorMetrics } from './front-door.metrics.js';
import { FrontDoor } from './front-door.js';

/** Bytes of request bodies held at once: 64 of the largest, or 250,000 ordinary ones of 1 KiB. */
const BODY_BUDGET_BYTES = 256 * 1024 * 1024;
/** Bytes of answers that are collected in several pieces at once; beyond it they pass as they come. */
const COLLECTED_BUDGET_BYTES = 64 * 1024 * 1024;

export interface DoorParts {
  readonly membership: Membership;
  readonly clusterKey: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly rng: Rng;
  /** The nodes share a store, and with it the ledger that runs a call with an idempotency key once. */
  readonly sharedStore?: boolean;
  /** Owns what the door does for itself: asking nodes for their tools. Its own one, which logs, if none is given. */
  readonly background?: Background;
  /** Whether equal cacheable requests go to one node; they do unless told otherwise. */
  readonly routing?: Routing;
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
  const collected = new ByteBudget(COLLECTED_BUDGET_BYTES);
  const requests = new RequestFamilies(registry, 'manager');
  const waiting = new WaitingRoom(clock);
  const background =
    parts.background ??
    new Background((work, err) => {
      parts.logger.warn({ work, err }, 'background work failed');
    });
  const tools = new ToolCatalog({
    list: (node) => listTools(node, clock),
    ready: () => membership.ready,
    clock,
    background,
  });
  const picks = new RouterMetrics(registry);
  const relays = new DoorRelays({
    router: new Router(membership, homes, rng, { clock, picks, routing: parts.routing ?? 'cache-aware', tools }),
    membership,
    budget,
    clock,
    requests,
    upstream: new UpstreamMetrics(registry),
    clients: new ClientMetrics(registry),
    stallMs: parts.stallMs ?? DEFAULT_STALL_MS,
    log: parts.logger,
    collected,
    waiting,
    tools,
    passes: new SplicePass(key, rng),
    splices: new SpliceMetrics(registry, () => waiting.size),
    sharedStore: parts.sharedStore ?? false,
    retryBudget: (active) => new RetryBudget(active),
  });
  membership.onChange((node, _from, to) => {
    if (to === 'ready') relays.nodeReady(node);
    else if (to === 'down') relays.nodeDown(node);
  });
  doorMetrics(registry, relays, budget, collected);
  const guard = new HostGuard({ allowedHosts: parts.allowedHosts, allowedOrigins: parts.allowedOrigins });
  const door = new FrontDoor({ guard, relays, budget, requests, ids: new IdSource(rng), clock });
  return { door, relays };
}
