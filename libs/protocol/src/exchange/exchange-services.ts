import type { Clock } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import type { RequestStates } from '../session/request-state.js';
import type { Tasks } from '../tasks/tasks.js';
import type { Params } from '../wire/message.js';
import type { Exchange } from './exchange.js';

/** How an exchange ended, for metrics: `ok`, `tool_error`, `cancelled`, `input_required` or a JSON-RPC code. */
export type Outcome = 'ok' | 'tool_error' | 'cancelled' | 'input_required' | `${number}`;

/** What every exchange of a process shares. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly bus: ClusterBus;
  readonly states: RequestStates;
  readonly tasks: Tasks;
  /** The id of the next request to a client: names the node that waits for the answer. */
  readonly nextAskId: () => string;
  /** `_meta` of each stateless result: who this server is. */
  readonly serverMeta: Params;
  /** The members that each complete stateless result ends with, as JSON. */
  readonly statelessMembers: string;
  /** Told once of each exchange's end. `thrown` is the cause of an internal error. */
  readonly ended: (exchange: Exchange, outcome: Outcome, thrown?: unknown) => void;
}
