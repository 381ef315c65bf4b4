/** The pages of one origin that are known: each is taken once, in the order in which it became known. */
export class Frontier {
  private readonly known = new Set<string>();
  private readonly queue: URL[] = [];
  private taken = 0;
  private outsiders = 0;

  /** @param capacity pages that are remembered; others are forgotten, so a site without end costs no more */
  constructor(
    readonly origin: string,
    private readonly capacity: number,
  ) {}

  /** Whether no more pages are remembered. */
  get full(): boolean {
    return this.queue.length >= this.capacity;
  }

  /** Pages that wait. */
  get waiting(): number {
    return this.queue.length - this.taken;
  }

  /** How often a page of another origin was offered. */
  get outside(): number {
    return this.outsiders;
  }

  add(url: URL): void {
    if (url.origin !== this.origin) this.outsiders += 1;
    else if (!this.full && !this.known.has(url.href)) {
      this.known.add(url.href);
      this.queue.push(url);
    }
  }

  /** Remembers a page that was read by another way, so that it is not read again. */
  exclude(url: URL): void {
    this.known.add(url.href);
  }

  take(): URL | undefined {
    const url = this.queue[this.taken];
    if (url !== undefined) this.taken += 1;
    return url;
  }
}
