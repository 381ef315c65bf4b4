import type { Registry } from 'prom-client';
import { Children, register, type FamilyOptions, type Labels, type Sample } from './family.js';

export interface HistogramOptions<L extends string> extends FamilyOptions<L> {
  /** Upper bounds, rising, in the metric's unit, without +Inf. */
  readonly buckets: readonly number[];
}

/** One histogram. */
export class Histogram {
  /** Not cumulative, the last one above all bounds: one addition an observation; the sums are made at the scrape. */
  readonly counts: Float64Array;
  private total = 0;

  constructor(
    readonly labels: Labels<string>,
    private readonly bounds: Float64Array,
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @param value in the metric's unit (seconds); a RangeError when it is not a finite number */
  observe(value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`histogram: expected a finite number, got ${String(value)}`);
    // Most requests are fast, so their bucket is among the first: a search by halves would look at more of them.
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += value;
  }

  get sum(): number {
    return this.total;
  }
}

export interface HistogramFamily<L extends string> {
  /** Keep the child where the labels do not change: finding it costs a map look-up a label. */
  child(labels: Labels<L>): Histogram;
}

/** @throws RangeError when the buckets do not rise */
export function histogramFamily<const L extends string>(
  registry: Registry,
  options: HistogramOptions<L>,
): HistogramFamily<L> {
  const bounds = Float64Array.from(options.buckets);
  if (bounds.some((bound, index) => index > 0 && !(bound > (bounds[index - 1] ?? bound))))
    throw new RangeError(`${options.name} buckets: expected rising numbers, got ${options.buckets.join(', ')}`);
  const children = new Children<L, Histogram>(options, (labels) => new Histogram(labels, bounds));
  register(registry, options, 'histogram', () =>
    children.values().flatMap((child) => samples(options.name, options.buckets, child)),
  );
  return { child: (labels) => children.get(labels) };
}

function samples(name: string, bounds: readonly number[], { labels, counts, sum }: Histogram): Sample[] {
  const shared = { sharedLabels: labels };
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, index) => {
    count += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le }, ...shared, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, ...shared, value: sum },
    { metricName: `${name}_count`, labels: {}, ...shared, value: count },
  ];
}
