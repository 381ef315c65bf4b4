import { gaugeFamily, type Registry } from '@mcp-cluster/telemetry';
import type { ByteBudget } from './byte-budget.js';
import type { DoorRelays } from './door-relays.js';

/** What the door holds now. Requests and connections are counted by the families that nodes have too (P13). */
export function doorMetrics(registry: Registry, relays: DoorRelays, bodies: ByteBudget, answers: ByteBudget): void {
  gaugeFamily(
    registry,
    {
      name: 'mcp_manager_in_flight',
      help: 'Requests that are with a node or wait for one; streams are those that stand until somebody ends them.',
      labels: ['lane'],
      allowed: { lane: ['calls', 'streams'] },
    },
    () => [
      [{ lane: 'calls' }, relays.inFlight - relays.standingStreams],
      [{ lane: 'streams' }, relays.standingStreams],
    ],
  );
  gaugeFamily(
    registry,
    {
      name: 'mcp_manager_buffered_bytes',
      help: 'Bytes that the door holds: request bodies until their requests end, answers until they are whole and taken.',
      labels: ['what'],
      allowed: { what: ['request_bodies', 'answers'] },
    },
    () => [
      [{ what: 'request_bodies' }, bodies.used],
      [{ what: 'answers' }, answers.used],
    ],
  );
}
