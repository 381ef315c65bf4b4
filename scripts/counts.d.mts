export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export function reportFile(part: string): string;
export function settle(counts: Counts, code: number): Counts;
export function readCounts(path: string): Counts;
export function readVitestCounts(path: string): Counts & { left: string[] };
