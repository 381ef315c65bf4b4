import type { IncomingMessage } from 'node:http';
import { systemClock } from '@mcp-cluster/kernel';

/** A reader of an answer that takes a little at a time. */
export interface SlowReading {
  /** Resolves with everything, when the answer has ended in good order; rejects when it was cut. */
  readonly whole: Promise<string>;
  readonly bytes: number;
  /** From now on it takes what it can get. */
  hurry(): void;
}

/** Reads one piece, of at most 64 KiB, in every `everyMs`. */
export function readSlowly(response: IncomingMessage, everyMs: number): SlowReading {
  const chunks: Buffer[] = [];
  let slow = true;
  const whole = new Promise<string>((resolve, reject) => {
    response.once('end', () => {
      resolve(Buffer.concat(chunks).toString());
    });
    response.once('error', reject);
  });
  // Who is not interested in it need not wait for it.
  whole.catch(() => undefined);
  const reading = {
    whole,
    bytes: 0,
    hurry: () => {
      slow = false;
      timer.cancel();
      response.resume();
    },
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    reading.bytes += chunk.length;
    if (slow) response.pause();
  });
  const timer = systemClock.every(everyMs, () => response.resume());
  response.once('close', () => {
    timer.cancel();
  });
  return reading;
}

/** Resolves when the other side has closed the connection of an answer that nobody reads; says how it was. */
export function closed(response: IncomingMessage): Promise<'whole' | 'cut'> {
  return new Promise((resolve) => {
    response.on('error', () => undefined);
    response.once('close', () => {
      resolve(response.complete ? 'whole' : 'cut');
    });
  });
}
