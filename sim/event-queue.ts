interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: (now: number) => void;
}

/** What will happen, by virtual time; what falls on one moment happens in the order in which it was added. A binary heap. */
export class EventQueue {
  private readonly heap: Event[] = [];
  private order = 0;

  /** Milliseconds of the next event; Infinity when there is none. */
  get nextAt(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  /** @param at milliseconds, not before the event that runs now */
  add(at: number, run: (now: number) => void): void {
    const event: Event = { at, order: this.order++, run };
    let place = this.heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || !before(event, above)) break;
      this.heap[place] = above;
      place = parent;
    }
    this.heap[place] = event;
  }

  /** Runs the next event, if there is one. */
  step(): void {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return;
    if (first !== last) this.sink(last);
    first.run(first.at);
  }

  private sink(event: Event): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const left = this.heap[child];
      if (left === undefined) break;
      const right = this.heap[child + 1];
      if (right !== undefined && before(right, left)) child += 1;
      const smaller = this.heap[child];
      if (smaller === undefined || !before(smaller, event)) break;
      this.heap[place] = smaller;
      place = child;
    }
    this.heap[place] = event;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
