import type { NumericColumn } from './column-values.js';
import { chooseGrouping, groupRows, type Group } from './grouping.js';
import { RUN_LENGTH, SortedRuns } from './sorted-runs.js';
import type { Advance, StageResult } from './stage-runner.js';
import type { Transformed } from './transform.stage.js';

/** Numbers of one column within one group. All but the count are null where there are no values. */
export interface GroupStatistics {
  column: string;
  /** Values; rows without one are left out. */
  count: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  p50: number | null;
  p95: number | null;
  /** The mean z-score: how far the group is from the whole, in standard deviations of the column. */
  score: number | null;
}

export interface GroupSummary {
  key: string | null;
  rows: number;
  statistics: GroupStatistics[];
}

export interface Aggregated {
  /** The column whose values are the groups' keys; null where there is none. */
  readonly groupedBy: string | null;
  /** The largest first. */
  readonly groups: readonly GroupSummary[];
}

/** Groups the rows by the column that says most, and computes the statistics of every numeric column. */
export async function aggregateRows(transformed: Transformed, advance: Advance): Promise<StageResult<Aggregated>> {
  const { numeric, rows } = transformed;
  const turn = (): Promise<void> => advance(0, `grouping ${String(rows)} rows`);
  const { by, order, groups } = await groupRows(chooseGrouping(transformed.categories), rows, turn);
  const total = rows * Math.max(numeric.length, 1);
  const turns = new Turns(total, advance);
  const summaries: GroupSummary[] = [];
  for (const group of groups) {
    const statistics: GroupStatistics[] = [];
    for (const column of numeric) statistics.push(await summarise(column, group, order, turns));
    summaries.push({ key: group.key, rows: group.end - group.start, statistics });
  }
  const groupedBy = by?.column.name ?? null;
  const how = groupedBy === null ? 'one group, as no column groups the rows' : `grouped by ${groupedBy}`;
  const detail = `${String(groups.length)} groups (${how}), ${String(numeric.length)} numeric columns`;
  return { value: { groupedBy, groups: summaries }, detail };
}

async function summarise(
  { column, values, scores }: NumericColumn,
  group: Group,
  order: Uint32Array,
  turns: Turns,
): Promise<GroupStatistics> {
  const runs = new SortedRuns();
  let count = 0;
  let mean = 0;
  let score = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let start = group.start; start < group.end; start += RUN_LENGTH) {
    const end = Math.min(start + RUN_LENGTH, group.end);
    const run = new Float64Array(end - start);
    let filled = 0;
    for (const row of order.subarray(start, end)) {
      const value = values[row] ?? NaN;
      if (Number.isNaN(value)) continue;
      run[filled] = value;
      filled += 1;
      count += 1;
      mean += (value - mean) / count;
      score += ((scores[row] ?? 0) - score) / count;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    runs.add(run.subarray(0, filled));
    await turns.did(end - start);
  }
  const { name } = column;
  if (count === 0) return { column: name, count, mean: null, min: null, max: null, p50: null, p95: null, score: null };
  const [p50 = null, p95 = null] = [runs.percentile(0.5), runs.percentile(0.95)];
  return { column: name, count, mean, min, max, p50, p95, score };
}

/** Tells how many values are done, and gives others a turn, once for many small groups. */
class Turns {
  private done = 0;
  private told = 0;

  constructor(
    private readonly total: number,
    private readonly advance: Advance,
  ) {}

  async did(values: number): Promise<void> {
    this.done += values;
    if (this.done - this.told < RUN_LENGTH / 4 && this.done < this.total) return;
    this.told = this.done;
    await this.advance(this.done / this.total, `${String(this.done)} of ${String(this.total)} values`);
  }
}
