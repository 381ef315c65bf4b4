import type { Clock } from '@mcp-cluster/kernel';
import type { Options } from './command-line.js';
import type { Connection } from './connection.js';
import type { Screen } from './live-line.js';
import type { QuestionDesk } from './question-desk.js';

/** What a verb works with. */
export interface Session {
  readonly connection: Connection;
  readonly options: Options;
  readonly connectMs: number;
  readonly clock: Clock;
  /** Results go here. */
  readonly out: Screen;
  /** Progress, questions and timings go here, so that a result can be piped. */
  readonly status: Screen;
  readonly desk: QuestionDesk;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
