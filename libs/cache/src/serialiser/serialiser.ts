import { isUtf8 } from 'node:buffer';
import { asError, LocalError } from '@mcp-cluster/kernel';
import type { KnownSchema } from './known-schema.js';
import { KNOWN_SCHEMAS } from './known-schemas.js';
import { MAX_VALUE_BYTES } from './limits.js';
import { pack, unpack } from './message-pack.js';
import { corrupt, unserialisable } from './serialiser.errors.js';
import { survey } from './survey.js';

/** In this order they are numbered in what is kept: only ever append. */
export const FORMATS = ['text', 'json', 'messagepack', 'protobuf'] as const;

/**
 * `text`: a string, as UTF-8; most results are kept as the text of their JSON. `json`: a small value that comes back from JSON
 * as it was. `messagepack`: a larger one, and all that JSON does not have: dates, regular expressions, Map, Set, bytes,
 * big integers, undefined, NaN, objects that occur twice or in themselves. `protobuf`: a value of a known schema.
 */
export type Format = (typeof FORMATS)[number];

export interface Serialised {
  readonly format: Format;
  /** A view: what lies beside it in its buffer is another value's. */
  readonly bytes: Uint8Array;
}

/**
 * Characters of JSON from which on a value is MessagePack. P11 leaves open what is between 1 and 10 KB. Measured on results
 * and tables of that size (docs/benchmarks/entries.md) MessagePack takes up to twice as long to write, as long to read, and
 * after compression, which begins at 1 KB, as many bytes. So they are JSON.
 */
const MESSAGE_PACK_FROM = 10_240;

/**
 * Writes a value so that `deserialise` gives an equal one (P11). As with JSON, -0 is 0; members with a symbol for a name, and
 * members of lists beside their elements, are left out; an object without a prototype gets the usual one.
 * @param schema is used if the value fits it
 * @throws LocalError `cache_unserialisable` for functions, symbols, instances of classes, half surrogate pairs beside what only
 *   MessagePack has, and for what is larger than the limits (limits.ts)
 */
export function serialise(value: unknown, schema?: KnownSchema<object>): Serialised {
  if (typeof value === 'string' && value.isWellFormed()) return { format: 'text', bytes: utf8(value) };
  if (schema?.fits(value) === true)
    return { format: 'protobuf', bytes: bounded(Buffer.concat([Buffer.of(schema.number), schema.encode(value)])) };
  const { json, messagePack, repeated, characters } = survey(value);
  if (json && (characters < MESSAGE_PACK_FROM || !messagePack))
    return { format: 'json', bytes: utf8(JSON.stringify(value)) };
  if (messagePack) return { format: 'messagepack', bytes: bounded(pack(value, repeated)) };
  throw unserialisable('no format has all of it');
}

/**
 * Reads what `serialise` wrote. Nothing of the value lies in `bytes`.
 * @throws LocalError `cache_corrupt` for bytes that it never wrote
 */
export function deserialise(format: Format, bytes: Uint8Array): unknown {
  if (bytes.length > MAX_VALUE_BYTES) throw corrupt('a value larger than any');
  try {
    switch (format) {
      case 'text':
        return text(bytes);
      case 'json':
        return JSON.parse(text(bytes)) as unknown;
      case 'messagepack':
        return unpack(bytes);
      case 'protobuf':
        return known(bytes);
    }
  } catch (thrown) {
    throw thrown instanceof LocalError ? thrown : corrupt(`bytes that are no ${format}`, asError(thrown));
  }
}

function known(bytes: Uint8Array): unknown {
  const schema = KNOWN_SCHEMAS.find(({ number }) => number === bytes[0]);
  if (schema === undefined) throw corrupt('an unknown schema');
  return schema.decode(bytes.subarray(1));
}

function utf8(value: string): Uint8Array {
  // Also before it is copied: a character is a byte at least.
  if (value.length > MAX_VALUE_BYTES) throw unserialisable('too large');
  return bounded(Buffer.from(value));
}

function text(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw corrupt('bytes that are no UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_VALUE_BYTES) throw unserialisable('too large');
  return bytes;
}
