import { exactly, percentile, type Claim } from '../experiment.ts';
import type { CallRecord } from '../workloads/history-recorder.ts';

export function ended(records: readonly CallRecord[], how: 'result' | 'error' | 'lost'): CallRecord[] {
  return records.filter(({ outcome }) => outcome?.ended === how);
}

/** All of them have a result. */
export function allAnswered(what: string, records: readonly CallRecord[]): Claim {
  return exactly(what, records.length - ended(records, 'result').length, 0, `of ${records.length}`);
}

export function tookP99(records: readonly CallRecord[]): number {
  return percentile(
    records.map(({ tookMs }) => tookMs),
    0.99,
  );
}

/** For a window of some hundred calls: the 99th percentile of those is what the machine did in one moment. */
export function tookP95(records: readonly CallRecord[]): number {
  return percentile(
    records.map(({ tookMs }) => tookMs),
    0.95,
  );
}

export function longest(records: readonly CallRecord[]): number {
  return Math.max(...records.map(({ tookMs }) => tookMs));
}

/** Those that were begun within a time. */
export function begunIn(records: readonly CallRecord[], from: number, to: number): CallRecord[] {
  return records.filter(({ startedAt }) => startedAt >= from && startedAt < to);
}

/** Different ways in which calls failed, with their numbers, for the report. */
export function failures(records: readonly CallRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome, status } of records) {
    if (outcome === undefined || outcome.ended === 'result') continue;
    const { ended: how, code, text } = outcome;
    const what = `${how} HTTP ${status ?? '-'} ${code ?? ''} ${text.slice(0, 120)}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
