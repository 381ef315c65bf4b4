import type { Contestant } from '../cache/contestant.ts';
import type { Found, WorkName } from '../cache/plan.ts';
import type { Machine } from '../harness/machine.ts';
import { ratio, spread, type Ratio, type Spread } from '../harness/statistics.ts';
import { CACHE_CLAIMS, LOAD_CLAIMS, type CacheClaim, type LoadClaim } from './cache-claims.ts';

/** One work of one cache, all its repeats. */
export interface MeasuredCache {
  work: WorkName;
  /** Bytes of an answer. */
  size: number;
  name: string;
  of: Contestant['of'];
  runs: Found[];
}

/** What could not be measured because the machine had other things to do. */
export interface SkippedCache extends Pick<MeasuredCache, 'work' | 'size' | 'name'> {
  why: string;
}

export interface CacheReach extends CacheClaim {
  /** The configuration of the other one that was compared. */
  against: string;
  ratio: Ratio;
  /** The same comparison by CPU a question, which other programs on the machine disturb less. */
  cpuRatio: Ratio;
  reached: boolean;
}

export interface LoadReach extends LoadClaim {
  loads: Spread;
  reached: boolean;
}

export interface CacheReport {
  benchmark: 'cache';
  takenAt: string;
  machine: Machine;
  settings: { seconds: number; repeats: number };
  versions: Record<string, string>;
  contestants: Pick<Contestant, 'name' | 'title' | 'configured'>[];
  rows: MeasuredCache[];
  skipped: SkippedCache[];
  reaches: CacheReach[];
  loads: LoadReach[];
}

/** @param skipped of which there may be some repeats among the measured: they count for nothing */
export function cacheReport(
  measured: readonly MeasuredCache[],
  skipped: SkippedCache[],
  context: Pick<CacheReport, 'takenAt' | 'machine' | 'settings' | 'versions' | 'contestants'>,
): CacheReport {
  const rows = measured.filter(
    ({ work, size, name }) => !skipped.some((row) => row.work === work && row.size === size && row.name === name),
  );
  return {
    benchmark: 'cache',
    ...context,
    rows,
    skipped,
    reaches: CACHE_CLAIMS.flatMap((claim) => reachOf(rows, claim) ?? []),
    loads: LOAD_CLAIMS.flatMap((claim) => loadsOf(rows, claim) ?? []),
  };
}

/** Undefined where one of the two was not measured. */
function reachOf(rows: readonly MeasuredCache[], claim: CacheClaim): CacheReach | undefined {
  const ours = fastest(rows, { ...claim, theirs: 'ours' });
  const theirs = fastest(rows, claim);
  if (ours === undefined || theirs === undefined) return undefined;
  const found = ratio(ours.runs.map(rate), theirs.runs.map(rate));
  const cpuRatio = ratio(theirs.runs.map(cpu), ours.runs.map(cpu));
  return { ...claim, against: theirs.name, ratio: found, cpuRatio, reached: found.ofMedians >= claim.atLeast };
}

/** Of several configurations the one whose median is the best: each is compared at its best. */
function fastest(
  rows: readonly MeasuredCache[],
  { work, size, theirs }: Pick<CacheClaim, 'work' | 'size' | 'theirs'>,
): MeasuredCache | undefined {
  const median = ({ runs }: MeasuredCache): number => spread(runs.map(rate)).median;
  return rows
    .filter((row) => row.work === work && row.size === size && row.of === theirs)
    .toSorted((a, b) => median(b) - median(a))[0];
}

function loadsOf(rows: readonly MeasuredCache[], claim: LoadClaim): LoadReach | undefined {
  const ours = rows.find(({ work, of }) => work === claim.work && of === 'ours');
  if (ours === undefined) return undefined;
  const loads = spread(ours.runs.map((run) => run.loads));
  return { ...claim, loads, reached: loads.max <= claim.atMost };
}

const rate = (run: Found): number => run.perSecond;
const cpu = (run: Found): number => run.cpuMicros;
