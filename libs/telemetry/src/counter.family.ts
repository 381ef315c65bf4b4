import type { Registry } from 'prom-client';
import { Children, register, type FamilyOptions, type Labels } from './family.js';

/** One counter: a number that only rises. */
export class Counter {
  private total = 0;

  constructor(readonly labels: Labels<string>) {}

  /** @param n how many more, 0 or above; a RangeError otherwise */
  inc(n = 1): void {
    if (!(n >= 0 && n < Infinity)) throw new RangeError(`counter: expected a number of 0 or more, got ${String(n)}`);
    this.total += n;
  }

  get value(): number {
    return this.total;
  }
}

export interface CounterFamily<L extends string> {
  /** Keep the child where the labels do not change: finding it costs a map look-up a label. */
  child(labels: Labels<L>): Counter;
}

export function counterFamily<const L extends string>(registry: Registry, options: FamilyOptions<L>): CounterFamily<L> {
  const children = new Children<L, Counter>(options, (labels) => new Counter(labels));
  register(registry, options, 'counter', () =>
    children.values().map(({ labels, value }) => ({ labels: {}, sharedLabels: labels, value })),
  );
  return { child: (labels) => children.get(labels) };
}
