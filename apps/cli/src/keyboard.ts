import { createInterface, type Interface } from 'node:readline';
import type { Person } from './question-desk.js';

/**
 * The person at the terminal. The terminal stays in its line mode: it edits and shows what is typed, and Ctrl-C
 * reaches the process as a signal.
 */
export class Keyboard implements Person {
  private lines: Interface | undefined;
  private ended = false;

  constructor(
    private readonly input: NodeJS.ReadableStream,
    private readonly output: NodeJS.WritableStream,
  ) {}

  ask(prompt: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (this.ended) return Promise.resolve(undefined);
    this.lines ??= this.open();
    const { lines, output } = this;
    return new Promise((resolve, reject) => {
      const release = (): void => {
        lines.off('line', onLine);
        lines.off('close', onEnd);
        signal?.removeEventListener('abort', onAbort);
      };
      const onLine = (line: string): void => {
        release();
        resolve(line);
      };
      const onEnd = (): void => {
        release();
        output.write('\n');
        resolve(undefined);
      };
      const onAbort = (): void => {
        release();
        output.write('\n');
        reject(signal?.reason as Error);
      };
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      // Lines that were typed before the question are no answer to it: nobody listened, they are gone.
      lines.on('line', onLine);
      lines.on('close', onEnd);
      signal?.addEventListener('abort', onAbort, { once: true });
      output.write(prompt);
    });
  }

  /** Stops reading, so that the process can end. */
  close(): void {
    this.lines?.close();
  }

  /** One reader for all questions: a reader for each would lose what arrives between two of them. */
  private open(): Interface {
    const lines = createInterface({ input: this.input, terminal: false });
    // After Ctrl-D the stream has ended for good: a reader that is opened then would wait for ever.
    lines.once('close', () => {
      this.ended = true;
    });
    return lines;
  }
}
