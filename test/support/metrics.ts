/** What a process exports now, by its management URL. */
export async function scrape(managementUrl: string): Promise<Metrics> {
  const response = await fetch(`${managementUrl}/metrics`);
  return new Metrics(await response.text());
}

/** The text format 0.0.4, as far as the tests look at it. */
export class Metrics {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The families that are declared, with their type. */
  get families(): Map<string, string> {
    return new Map([...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  }

  /** The sum of all series of a name that have these labels; 0 when there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.series(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** Series of a name that have these labels. */
  series(
    name: string,
    labels: Readonly<Record<string, string>> = {},
  ): { labels: Record<string, string>; value: number }[] {
    return this.text.split('\n').flatMap((line) => {
      const [, found, text = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
      if (found !== name) return [];
      const own = Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of]));
      const fits = Object.entries(labels).every(([key, wanted]) => own[key] === wanted);
      return fits ? [{ labels: own, value: Number(value) }] : [];
    });
  }
}
