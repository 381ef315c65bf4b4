/** Why the level does not work. Words, never a path or what the system said: those may name people and machines. */
export type DiskFault =
  | 'full'
  | 'read-only'
  | 'input/output error'
  | 'permission denied'
  /** The directory or the file in it was removed or replaced while it was in use. */
  | 'gone'
  /** What is on the disk is no store, or a broken one. It is emptied, and begun anew. */
  | 'damaged'
  | 'used by another process'
  /** It did not answer in time; it is asked again when it does. */
  | 'does not answer'
  | 'closed'
  | 'failed';

/**
 * `failing`: it worked, and does not now; `off`: it has not worked since the start, or is another process'. Both are tried
 * again in the background.
 */
export type DiskState = { readonly state: 'ok' } | { readonly state: 'failing' | 'off'; readonly reason: DiskFault };
