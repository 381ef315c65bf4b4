import { asError, type Background } from '@mcp-cluster/kernel';

/** Who is told of something, at once and in order. What one of them throws is reported, and keeps it from no other. */
export class Listeners<T> {
  private readonly listeners: ((value: T) => void)[] = [];

  /** @param name of what is reported: a closed set */
  constructor(
    private readonly background: Background,
    private readonly name: string,
  ) {}

  add(listener: (value: T) => void): void {
    this.listeners.push(listener);
  }

  tell(value: T): void {
    for (const listener of this.listeners) {
      try {
        listener(value);
      } catch (thrown) {
        this.background.run(this.name, () => Promise.reject(asError(thrown)));
      }
    }
  }
}
