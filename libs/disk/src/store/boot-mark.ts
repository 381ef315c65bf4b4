import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const BOOT = '/proc/sys/kernel/random/boot_id';

/**
 * Says beside a store in which life of the machine it is written to. Nothing is flushed while it is: a process that is killed
 * leaves all that it wrote with the system, but a machine that goes down leaves any part of it. So a store that still has the
 * mark of another life is not to be trusted. Waiting for the disk at each checkpoint instead took up to 0.4 s in which nothing
 * was read.
 */
export class BootMark {
  private readonly path: string;
  private readonly boot: string | undefined;

  /** @param boot tests give another life */
  constructor(storePath: string, boot = currentBoot()) {
    this.path = `${storePath}-boot`;
    this.boot = boot;
  }

  /** False where the system does not tell its lives apart: then everything has to be flushed. */
  get known(): boolean {
    return this.boot !== undefined;
  }

  /** Whether the machine went down while the store was written to. */
  get foreign(): boolean {
    const marked = readOr(this.path);
    return marked !== undefined && marked !== this.boot;
  }

  /** On the disk before anything else is. */
  set(): void {
    if (this.boot === undefined) return;
    const file = openSync(this.path, 'w', 0o600);
    try {
      writeSync(file, this.boot);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    flush(dirname(this.path));
  }

  /** After all of a store that was closed is on the disk. */
  clear(storePath: string): void {
    flush(storePath);
    this.remove();
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function currentBoot(): string | undefined {
  return readOr(BOOT)?.trim();
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
