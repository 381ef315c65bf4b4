import { expect } from 'vitest';

/** What the SDKs give to `onprogress`. */
export interface SeenProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** S03: strictly rising, every one with a message; S06: the last is 100 %. */
export function expectRisingTo(total: number, seen: readonly SeenProgress[]): void {
  const values = seen.map(({ progress }) => progress);
  expect(values).toEqual([...new Set(values)].sort((first, second) => first - second));
  expect(values.at(-1)).toBe(total);
  for (const one of seen) {
    expect(one.total).toBe(total);
    expect(one.message).toMatch(/\S/);
  }
}
