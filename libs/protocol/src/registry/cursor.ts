import { invalidParams, preview } from '../wire/errors.js';

/** A place in a list: the entry that the page before ended with. */
export interface Cursor {
  /** The key of that entry: a tool's name, a resource's URI. */
  readonly after: string;
  /** Whether it was registered, or listed by a template when it was asked for. */
  readonly part: 'registered' | 'listed';
}

const PARTS: ReadonlyMap<unknown, Cursor['part']> = new Map([
  ['r', 'registered'],
  ['l', 'listed'],
]);

/** Opaque to clients, and good at every node: it names an entry, not a position, so that a changed list shifts nothing. */
export function writeCursor(kind: string, { after, part }: Cursor): string {
  return Buffer.from(JSON.stringify([kind, part[0], after])).toString('base64url');
}

/** @throws WireError -32602 for a cursor that is not of this list */
export function readCursor(kind: string, cursor: unknown): Cursor | undefined {
  if (cursor === undefined) return undefined;
  const read = typeof cursor === 'string' ? parse(cursor) : undefined;
  if (Array.isArray(read) && read[0] === kind && typeof read[2] === 'string') {
    const part = PARTS.get(read[1]);
    if (part !== undefined) return { after: read[2], part };
  }
  throw invalidParams(`cursor: not one that this server gave for this list: ${preview(cursor)}`);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
