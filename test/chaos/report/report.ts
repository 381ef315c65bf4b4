import { holds, type Claim, type Experiment } from '../experiment.ts';

/** One run of an experiment. */
export interface Repetition {
  readonly seed: number;
  readonly seconds: number;
  readonly claims: readonly Claim[];
  /** What went wrong with the experiment itself. */
  readonly error?: string;
  readonly notes: Readonly<Record<string, unknown>>;
}

/** One line of the table: a claim over all repetitions, by the worst of them. */
export interface ClaimRow {
  readonly what: string;
  readonly expected: string;
  readonly measured: string;
  readonly ok: boolean;
}

export interface ExperimentReport {
  readonly experiment: string;
  readonly title: string;
  readonly expected: string;
  readonly measured: readonly ClaimRow[];
  readonly ok: boolean;
  readonly seeds: readonly number[];
  readonly repetitions: number;
  readonly seconds: number;
  readonly details: readonly Repetition[];
}

export function reportOf({ id, title, expected }: Experiment, details: readonly Repetition[]): ExperimentReport {
  const measured = rowsOf(details);
  return {
    experiment: id,
    title,
    expected,
    measured,
    ok: measured.length > 0 && measured.every(({ ok }) => ok),
    seeds: details.map(({ seed }) => seed),
    repetitions: details.length,
    seconds: rounded(details.reduce((sum, { seconds }) => sum + seconds, 0)),
    details,
  };
}

/** Every claim that any repetition made, and each error of a repetition as one more. */
function rowsOf(details: readonly Repetition[]): ClaimRow[] {
  const names = [...new Set(details.flatMap(({ claims }) => claims.map(({ what }) => what)))];
  const rows = names.flatMap((name) => {
    const all = details.flatMap(({ claims }) => claims.filter(({ what }) => what === name));
    const worst = all.reduce(worse);
    return [{ what: name, expected: expectedOf(worst), measured: measuredOf(all, worst), ok: all.every(holds) }];
  });
  const errors = details.flatMap(({ error, seed }) => (error === undefined ? [] : [`seed ${seed}: ${error}`]));
  const broken = errors.map((error) => ({ what: 'it ran', expected: 'to its end', measured: error, ok: false }));
  return [...rows, ...broken];
}

/** The one that is further from what is wanted. */
function worse(one: Claim, other: Claim): Claim {
  if (holds(one) !== holds(other)) return holds(one) ? other : one;
  if (Number.isNaN(one.value)) return one;
  if (one.most === undefined) return other.value < one.value ? other : one;
  return other.value > one.value ? other : one;
}

function expectedOf({ most, least, unit }: Claim): string {
  const told = (value: number): string => `${value.toLocaleString('en-US')}${unit === '' ? '' : ` ${unit}`}`;
  if (most !== undefined && most === least) return told(most);
  if (most !== undefined && least !== undefined) return `${told(least)} to ${told(most)}`;
  return most === undefined ? `≥ ${told(least ?? 0)}` : `≤ ${told(most)}`;
}

function measuredOf(all: readonly Claim[], worst: Claim): string {
  const told = (value: number): string => (Number.isNaN(value) ? 'nothing' : rounded(value).toLocaleString('en-US'));
  const unit = worst.unit === '' ? '' : ` ${worst.unit}`;
  const values = [...new Set(all.map(({ value }) => told(value)))];
  if (values.length === 1) return `${values[0] ?? ''}${unit}`;
  const sorted = all.map(({ value }) => value).toSorted((first, second) => first - second);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return `${told(worst.value)}${unit} at worst, ${told(median)} in the middle`;
}

function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
