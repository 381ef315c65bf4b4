import { LocalError } from '@mcp-cluster/kernel';
import { Worker } from 'node:worker_threads';
import type { StoreAsk, StoreOrder, StoreReply } from '../store/store-request.js';
import type { WorkerAnswer, WorkerQuestion } from './store.worker.js';
import type { StoreLink } from './store-link.js';

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
}

/** Beside the eight megabytes of SQLite's page cache, which are not of this heap. */
const HEAP_MB = 64;

/**
 * A store in a thread of its own: its calls are synchronous, and a disk may take seconds for one. Bytes go over without being
 * copied; those that are set are copied once before, since the caller still has them.
 */
export class WorkerLink implements StoreLink {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private lost: LocalError | undefined;

  constructor() {
    const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.worker = new Worker(new URL(`./store.worker.${suffix}`, import.meta.url), {
      name: 'cache-disk',
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.worker.on('message', ({ number, reply }: WorkerAnswer) => {
      this.waiting.get(number)?.resolve(reply as never);
      this.waiting.delete(number);
      // It keeps the process alive while somebody waits for it, and no longer.
      if (this.waiting.size === 0) this.worker.unref();
    });
    this.worker.on('error', (error) => {
      this.lose(error);
    });
    this.worker.on('exit', () => {
      this.lose(undefined);
    });
    this.worker.unref();
  }

  get alive(): boolean {
    return this.lost === undefined;
  }

  call<K extends StoreOrder>(order: K, ask: StoreAsk<K>): Promise<StoreReply<K>> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const number = (this.last += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      if (this.waiting.size === 1) this.worker.ref();
      const bytes = 'bytes' in ask ? new Uint8Array(ask.bytes) : undefined;
      const question: WorkerQuestion = { number, order, ask: bytes === undefined ? ask : { ...ask, bytes } };
      this.worker.postMessage(question, bytes === undefined ? [] : [bytes.buffer]);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private lose(cause: unknown): void {
    this.lost ??= new LocalError('disk_failing', "disk: the store's thread has ended", { cause });
    for (const { reject } of this.waiting.values()) reject(this.lost);
    this.waiting.clear();
  }
}
