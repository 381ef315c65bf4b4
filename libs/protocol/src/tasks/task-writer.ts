import { sleep, type Background, type Clock } from '@mcp-cluster/kernel';
import { isOutage } from '../execution/store-refusal.js';
import type { TaskOrigin } from './task-origin.js';
import type { TaskStore } from './task-store.js';
import { isTerminal, type TaskSnapshot } from './task.js';

/** A store that is away or full is tried again each second. */
const RETRY_MS = 1_000;

export interface TaskWriterParts {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly background: Background;
  readonly origin: TaskOrigin;
  /** Another node has the task. */
  readonly fenced: () => void;
  /** The store has the end of the task, or never will. */
  readonly written: () => void;
}

/**
 * Writes the states of one task, one at a time and the newest first: what is stored never goes back. While the store is
 * away the newest state waits here, for as long as the task would be kept.
 */
export class TaskWriter {
  private waiting: TaskSnapshot | undefined;
  private writing = false;
  private closed = false;
  private held: number | undefined;

  constructor(private readonly parts: TaskWriterParts) {}

  /** Undefined until the store has the task. */
  get fence(): number | undefined {
    return this.held;
  }

  /** The store has the task; what was said meanwhile is written now. */
  begin(fence: number): void {
    this.held = fence;
    this.start();
  }

  write(state: TaskSnapshot): void {
    if (this.closed) return;
    this.waiting = state;
    this.start();
  }

  /** Writes nothing more. */
  close(): void {
    this.closed = true;
    this.waiting = undefined;
  }

  private start(): void {
    const fence = this.held;
    if (this.writing || fence === undefined || this.waiting === undefined) return;
    this.writing = true;
    this.parts.background.run('task store', () => this.writeAll(fence));
  }

  private async writeAll(fence: number): Promise<void> {
    try {
      for (let state = this.next(); state !== undefined; state = this.next()) await this.writeOne(state, fence);
    } finally {
      this.writing = false;
      this.start(); // what was said after a write that failed for good
    }
  }

  private async writeOne(first: TaskSnapshot, fence: number): Promise<void> {
    const { store, clock, origin } = this.parts;
    const deadline = clock.monotonic() + first.ttlMs;
    let state = first;
    try {
      for (;;) {
        try {
          let result = await store.put(state, fence);
          if (result === 'lost') result = (await store.create(state, origin, fence)) === fence ? 'kept' : 'fenced';
          if (result === 'fenced') this.yield();
          return;
        } catch (thrown) {
          if (!isOutage(thrown) || clock.monotonic() >= deadline) throw thrown;
        }
        await sleep(clock, RETRY_MS);
        if (this.closed) return;
        state = this.next() ?? state;
      }
    } finally {
      if (isTerminal(state.status) && !this.closed) this.parts.written();
    }
  }

  private next(): TaskSnapshot | undefined {
    const state = this.waiting;
    this.waiting = undefined;
    return state;
  }

  private yield(): void {
    if (this.closed) return;
    this.close();
    this.parts.fenced();
  }
}
