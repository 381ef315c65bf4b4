import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIECE = new Uint8Array(64 * 1_024);

/** A file system of its own, of some megabytes, which can be full and read-only. Linux, and root. */
export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'mcp-chaos-disk-'));
  private readonly filler = join(this.path, 'filler');

  private constructor() {
    // Made by `mount`.
  }

  /** @throws what `mount` said, where it may not */
  static mount(megabytes: number): SmallDisk {
    const disk = new SmallDisk();
    try {
      mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk.path);
      return disk;
    } catch (error) {
      disk.remove();
      throw error;
    }
  }

  /** Why there can be none here; undefined when there can. */
  static missing(): string | undefined {
    try {
      SmallDisk.mount(1).remove();
      return undefined;
    } catch (error) {
      return `no file system can be mounted here: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Takes the last byte that is free. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    let length = PIECE.length;
    while (length > 0) {
      try {
        if (writeSync(file, PIECE, 0, length) < length) length = 1;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        // A page may be free where a piece is not.
        length = Math.floor(length / 2);
      }
    }
    closeSync(file);
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  /** Nobody may have a file of it open for writing. */
  setReadOnly(readOnly: boolean): void {
    mount('-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.path);
  }

  remove(): void {
    // Lazily: a process that has not ended yet may hold a file.
    spawnSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

function mount(...args: string[]): void {
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount: ${error?.message ?? stderr.trim()}`);
}
