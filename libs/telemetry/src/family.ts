import type { Metric, Registry } from 'prom-client';

/** The value that stands for everything a closed label set or a full family has no place for. */
export const OTHER = '_other';

/** Values by label name. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

export interface FamilyOptions<L extends string> {
  /** With its unit and, for counters, `_total`: `mcp_requests_total`. */
  readonly name: string;
  readonly help: string;
  /** In the order in which the exposition shows them. */
  readonly labels: readonly L[];
  /** The closed sets: any other value of such a label becomes `_other`. */
  readonly allowed?: Partial<Record<L, Iterable<string>>>;
  /**
   * How many children may exist. Beyond it labels without a closed set become `_other`, in children that come on
   * top of the bound, as many as the closed sets have combinations.
   * @default 2000: a scrape of 2,000 histograms is about 4 MB and 40 ms, the most a scrape should cost
   */
  readonly maxChildren?: number;
}

/** One line of the exposition, in prom-client's form. */
export interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Printed after `labels`. The registry caches its text by identity: give the same object every time. */
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly value: number;
}

type Branch<C> = Map<string, Branch<C> | C>;

/**
 * The children of one metric, found by their label values without building a string: prom-client hashes the labels
 * of each observation, which costs about as much as routing the request that is observed.
 */
export class Children<L extends string, C extends object> {
  private readonly root: Branch<C> = new Map();
  private readonly all: C[] = [];
  private readonly closed: ReadonlyMap<L, ReadonlySet<string>>;
  private readonly limit: number;

  constructor(
    private readonly options: FamilyOptions<L>,
    private readonly make: (labels: Labels<L>) => C,
  ) {
    const sets = options.labels.flatMap((label) => {
      const values = options.allowed?.[label];
      return values === undefined ? [] : [[label, new Set(values)] as const];
    });
    this.closed = new Map(sets);
    this.limit = options.maxChildren ?? 2_000;
  }

  /** The child of these values; made when it is asked for first. */
  get(labels: Labels<L>): C {
    return this.find(labels) ?? this.settle(labels);
  }

  values(): readonly C[] {
    return this.all;
  }

  private find(labels: Labels<L>): C | undefined {
    // Without labels there is one child, and no map to look it up in.
    if (this.options.labels.length === 0) return this.all[0];
    let here: Branch<C> | C | undefined = this.root;
    for (const label of this.options.labels) here = (here as Branch<C> | undefined)?.get(labels[label]);
    return here as C | undefined;
  }

  private settle(labels: Labels<L>): C {
    const known = this.fold(labels, (label) => this.closed.get(label)?.has(labels[label]) ?? true);
    const found = this.find(known);
    if (found !== undefined) return found;
    if (this.all.length < this.limit) return this.add(known);
    const rest = this.fold(known, (label) => this.closed.has(label));
    return this.find(rest) ?? this.add(rest);
  }

  private fold(labels: Labels<L>, keep: (label: L) => boolean): Labels<L> {
    const entries = this.options.labels.map((label) => [label, keep(label) ? labels[label] : OTHER] as const);
    return Object.fromEntries(entries) as Labels<L>;
  }

  private add(labels: Labels<L>): C {
    const child = this.make(labels);
    let branch = this.root;
    this.options.labels.forEach((label, depth) => {
      const last = depth === this.options.labels.length - 1;
      const next = branch.get(labels[label]) ?? (last ? child : new Map<string, Branch<C> | C>());
      branch.set(labels[label], next);
      branch = next as Branch<C>;
    });
    this.all.push(child);
    return child;
  }
}

/** What the registry asks of a metric when it is scraped. */
export function register(
  registry: Registry,
  { name, help }: { name: string; help: string },
  type: 'counter' | 'gauge' | 'histogram',
  collect: () => Sample[],
): void {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: collect() }),
  };
  // The declared type lists prom-client's own classes; the registry itself only reads `name` and calls `get`.
  registry.registerMetric(metric as unknown as Metric);
}
