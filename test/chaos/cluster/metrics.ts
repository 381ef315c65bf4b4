/** What a process exports now, by its management URL. */
export async function scrape(managementUrl: string): Promise<Metrics> {
  const response = await fetch(`${managementUrl}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return new Metrics(await response.text());
}

/** The text format 0.0.4, as far as the suite looks at it. */
export class Metrics {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The sum of all series of a name whose labels hold that text; undefined when there is none. */
  sum(name: string, labels = ''): number | undefined {
    const values = this.text.split('\n').flatMap((line) => {
      const [, found, own = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
      return found === name && own.includes(labels) ? [Number(value)] : [];
    });
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  }
}
