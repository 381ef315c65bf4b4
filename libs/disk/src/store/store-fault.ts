import type { DiskFault } from '../disk-state.js';

/** Thrown by the store's own code where no library has an error to throw. */
export class StoreFault extends Error {
  readonly fault: DiskFault;

  constructor(fault: DiskFault) {
    super(fault);
    this.fault = fault;
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html), the low byte of what it reports. */
const OF_SQLITE: Readonly<Record<number, DiskFault>> = {
  3: 'permission denied',
  5: 'used by another process',
  6: 'used by another process',
  8: 'read-only',
  10: 'input/output error',
  11: 'damaged',
  13: 'full',
  14: 'permission denied',
  26: 'damaged',
};

const OF_SYSTEM: Readonly<Record<string, DiskFault>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
  EIO: 'input/output error',
  ENOENT: 'gone',
  ENOTDIR: 'gone',
};

/** SQLITE_READONLY_DBMOVED: the file was unlinked or renamed under it. */
const MOVED = 1032;

/** Which of our words says what went wrong. */
export function faultOf(thrown: unknown): DiskFault {
  if (thrown instanceof StoreFault) return thrown.fault;
  if (typeof thrown !== 'object' || thrown === null) return 'failed';
  if ('errcode' in thrown && typeof thrown.errcode === 'number')
    return thrown.errcode === MOVED ? 'gone' : (OF_SQLITE[thrown.errcode & 0xff] ?? 'failed');
  if (!('code' in thrown) || typeof thrown.code !== 'string') return 'failed';
  // A number beyond 2^53, or a text that is no JSON: nothing that we wrote.
  if (thrown.code === 'ERR_OUT_OF_RANGE') return 'damaged';
  return OF_SYSTEM[thrown.code] ?? 'failed';
}
