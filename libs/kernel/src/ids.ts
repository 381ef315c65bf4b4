import type { Rng } from './rng.js';

/**
 * Ids that are unique in a cluster without coordination: 48 random bits a process and a counter.
 * Cheap enough for one a request. Not secret and not unguessable: never use them as handles.
 */
export class IdSource {
  private readonly prefix: string;
  private count = 0;

  constructor(rng: Rng) {
    this.prefix = rng.bytes(6).toString('hex');
  }

  next(): string {
    this.count += 1;
    return `${this.prefix}-${this.count.toString(36)}`;
  }
}

/** What we accept as a request id from outside: it goes into logs and headers, so nothing else may. */
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** The given id if it is safe to log and forward, else undefined. */
export function safeRequestId(value: unknown): string | undefined {
  return typeof value === 'string' && REQUEST_ID.test(value) ? value : undefined;
}
