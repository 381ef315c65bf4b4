import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** The published sizes. */
  readonly long: boolean;
  readonly seed: number;
  /** Experiments to run; empty means all. */
  readonly only: readonly string[];
  readonly repeat: number;
  /** Writes the table into docs/reliability.md. */
  readonly publish: boolean;
}

/** Each experiment takes up to a minute and a half. */
const MAX_REPEAT = 100;
const MAX_SEED = 2 ** 31 - 1;

/**
 * Reads `--long`, `--seed N`, `--only 1,2,5`, `--repeat N` and `--publish`.
 * @param known names of the experiments that there are
 * @throws with what was expected and what was given
 */
export function readOptions(args: readonly string[], known: readonly string[], anySeed: number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      long: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string', default: '' },
      repeat: { type: 'string' },
      publish: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only: expected some of ${known.join(', ')}, got ${unknown}`);
  return {
    long: values.long,
    seed: whole('--seed', values.seed, anySeed, MAX_SEED),
    only,
    repeat: whole('--repeat', values.repeat, 1, MAX_REPEAT),
    publish: values.publish,
  };
}

function whole(flag: string, given: string | undefined, otherwise: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`${flag}: expected a whole number from 1 to ${most}, got ${given}`);
}
