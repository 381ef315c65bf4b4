import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Seconds measured in one run. */
  seconds: number;
  /** Seconds of the same load before it; heavy Node servers need 20 to show what they can do. */
  warmup: number;
  /** How often every subject is run, interleaved, each time in a fresh process. */
  repeats: number;
  /** Keep-alive connections of the load generator. */
  connections: number;
  /** Requests a second where a load is sent at a fixed rate. */
  rate: number;
  /** Names of the subjects to run; empty means all. */
  only: string[];
  /** A partial or hasty run: its report goes to reports/bench, never over the published one. */
  trial: boolean;
}

const FULL = { seconds: 10, warmup: 20, repeats: 3 };
const QUICK = { seconds: 2, warmup: 1, repeats: 1 };
/** As in the measurements that the targets were set from. */
const CONNECTIONS = 50;
/** Keeps both cores of the machine that this was written on below a third. */
const RATE = 1000;

/** How long and how often, unless the command line says otherwise. */
export interface Lengths {
  seconds: number;
  warmup: number;
  repeats: number;
}

/** Reads `--seconds`, `--warmup`, `--repeats`, `--connections`, `--rate`, `--only a,b` and `--quick`. */
export function readOptions(
  args = process.argv.slice(2),
  lengths: { full: Lengths; quick: Lengths } = { full: FULL, quick: QUICK },
): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      repeats: { type: 'string' },
      connections: { type: 'string' },
      rate: { type: 'string' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
    },
  });
  const defaults = values.quick ? lengths.quick : lengths.full;
  const only = values.only.split(',').filter((name) => name !== '');
  return {
    seconds: whole('seconds', values.seconds, defaults.seconds, 1, 600),
    warmup: whole('warmup', values.warmup, defaults.warmup, 0, 600),
    repeats: whole('repeats', values.repeats, defaults.repeats, 1, 50),
    connections: whole('connections', values.connections, CONNECTIONS, 1, 1000),
    rate: whole('rate', values.rate, RATE, 1, 20_000),
    only,
    trial: values.quick || only.length > 0,
  };
}

function whole(name: string, given: string | undefined, otherwise: number, least: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(
      `--${name} must be an integer from ${String(least)} to ${String(most)}, got ${JSON.stringify(given)}`,
    );
  }
  return value;
}

/** Those with the names asked for, or all. @throws for a name that nothing has */
export function selected<T extends { name: string }>(all: readonly T[], only: readonly string[]): T[] {
  const names = all.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only: no ${JSON.stringify(unknown)}; there are ${names.join(', ')}`);
  return only.length === 0 ? [...all] : all.filter(({ name }) => only.includes(name));
}
