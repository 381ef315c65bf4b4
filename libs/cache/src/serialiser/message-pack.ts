import { Packr, Unpackr } from 'msgpackr';
import { checkMessagePack } from './message-pack.check.js';

/**
 * Objects as records, so that a list of a hundred alike has their names once: a third of JSON's size, and read three times as
 * fast. It is also what tells objects from Maps. `moreTypes`: Set, RegExp, typed arrays and large integers.
 */
const OPTIONS = { useRecords: true, mapsAsObjects: false, moreTypes: true, useToJSON: false };

/** Keeps nothing: it forgets the records of one value before it reads the next. */
const reader = new Unpackr({ ...OPTIONS, structuredClone: true, copyBuffers: true });

/**
 * MessagePack with the library's extensions.
 * @param repeated whether an object occurs more than once
 */
export function pack(value: unknown, repeated: boolean): Uint8Array {
  // A writer each time, some microseconds: one that is kept remembers the names of members that it has seen.
  return new Packr({ ...OPTIONS, structuredClone: repeated }).pack(value);
}

/** @throws whatever the library throws at bytes that are not what `pack` writes */
export function unpack(bytes: Uint8Array): unknown {
  checkMessagePack(bytes);
  return reader.unpack(bytes);
}
