import type { Registry } from 'prom-client';
import { counterFamily } from './counter.family.js';
import { gaugeFamily } from './gauge.family.js';

/** How a command of the shared store may end. */
const RESULTS = ['ok', 'unavailable', 'full', 'error'] as const;
type Result = (typeof RESULTS)[number];

/** Scripts that the stores have: some thirty. Beyond it they fold into `_other`. */
const MAX_COMMANDS = 100;

/** What a process shows of the shared store; it fits where libs/redis takes an observer. */
export class StoreMetrics {
  /** Told of every command. @param command the name of a script: a closed set */
  readonly call: (command: string, result: Result) => void;

  /** @param up whether the store answers and takes writes, asked at each scrape */
  constructor(registry: Registry, up: () => boolean) {
    const commands = counterFamily(registry, {
      name: 'mcp_store_commands_total',
      help: 'Commands to the shared store, by script and by how they ended; while it is known to be away they end at once.',
      labels: ['command', 'result'],
      allowed: { result: RESULTS },
      maxChildren: MAX_COMMANDS * RESULTS.length,
    });
    this.call = (command, result) => {
      commands.child({ command, result }).inc();
    };
    gaugeFamily(
      registry,
      {
        name: 'mcp_store_up',
        help: 'Whether the shared store answers and takes writes (1) or not (0). Absent without a store.',
        labels: [],
      },
      () => [[{}, up() ? 1 : 0]],
    );
  }
}
