import type { Clock } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import type { KeptResults } from '../cache/kept-results.js';
import type { KeyedCalls } from '../execution/keyed-calls.js';
import type { RequestStates } from '../session/request-state.js';
import type { Tasks } from '../tasks/tasks.js';
import type { Params, RequestMessage } from '../wire/message.js';
import type { Revision } from '../wire/revision.js';
import type { Cancellable, Peer } from './peer.js';

/** How an exchange ended, for metrics: `ok`, `tool_error`, `cancelled`, `input_required` or a JSON-RPC code. */
export type Outcome = 'ok' | 'tool_error' | 'cancelled' | 'input_required' | `${number}`;

/** An exchange as those see it who are told of its end. */
export interface EndedExchange extends Cancellable {
  readonly request: RequestMessage;
  readonly peer: Peer;
  readonly revision: Revision;
  /** The registered tool or prompt that answered. */
  readonly target: string | undefined;
  readonly requestId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

/** What every exchange of a process shares. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly bus: ClusterBus;
  readonly states: RequestStates;
  readonly tasks: Tasks;
  /** What is kept of results; undefined where nothing is. */
  readonly cache: KeptResults | undefined;
  /** Calls with an idempotency key. */
  readonly keyed: KeyedCalls;
  /** The id of the next request to a client: names the node that waits for the answer. */
  readonly nextAskId: () => string;
  /** `_meta` of each stateless result: who this server is. */
  readonly serverMeta: Params;
  /** The members that each complete stateless result ends with, as JSON. */
  readonly statelessMembers: string;
  /** Told once of each exchange's end. `thrown` is the cause of an internal error. */
  readonly ended: (exchange: EndedExchange, outcome: Outcome, thrown?: unknown) => void;
}
