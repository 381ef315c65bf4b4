import type { CacheScope, CacheType } from '@mcp-cluster/protocol';
import type { KnownSchema } from '../serialiser/known-schema.js';
import { MAX_VALUE_BYTES } from '../serialiser/limits.js';
import { deserialise, FORMATS, serialise, type Format } from '../serialiser/serialiser.js';
import { corrupt, unserialisable } from '../serialiser/serialiser.errors.js';
import type { EntryMeta } from '../tier/tier.js';
import { COMPRESSIONS, compress, decompress, type Compressed } from './compression.js';
import { ENTRY_META } from './entry-meta.schema.js';
import { foreign, frame, unframe, type Frame } from './entry-frame.js';

export interface DecodedEntry {
  readonly meta: EntryMeta;
  readonly value: unknown;
}

/** Whose entry is expected. A key that was mixed up, or an entry under another's name, gives nobody a wrong answer (S7). */
export type ExpectedEntry = Pick<EntryMeta, 'id' | 'owner'>;

const TYPES: ReadonlySet<string> = new Set<CacheType>(['resource', 'tool_result', 'auth_token', 'computed_result']);
const SCOPES: ReadonlySet<string> = new Set<CacheScope>(['public', 'private']);

/**
 * An entry as bytes, for a level outside the process. At once up to 128 KiB, else a promise: larger ones are compressed on the
 * thread pool. Both are for `await`.
 * @param schema is used if the value fits it
 * @throws LocalError `cache_unserialisable` for what no format carries as it is, or too large (serialise)
 */
export function encodeEntry(
  meta: EntryMeta,
  value: unknown,
  schema?: KnownSchema<object>,
): Uint8Array | Promise<Uint8Array> {
  // An object that has more members would not fit, and one without some would be no entry.
  const { id, type, space, scope, owner, tags, born, freshUntil, staleUntil, errorUntil } = meta;
  const head = { id, type, space, scope, owner, tags, born, freshUntil, staleUntil, errorUntil };
  if (!ENTRY_META.fits(head)) throw unserialisable('what is said of it');
  const header = ENTRY_META.encode(head);
  const { format, bytes } = serialise(value, schema);
  const written = ({ compression, bytes: payload }: Compressed): Uint8Array =>
    frame({
      format: FORMATS.indexOf(format),
      compression: COMPRESSIONS.indexOf(compression),
      length: bytes.length,
      header,
      payload,
    });
  const compressed = compress(bytes);
  return compressed instanceof Promise ? compressed.then(written) : written(compressed);
}

/**
 * Reads what `encodeEntry` made. At once or a promise, as there.
 * @throws LocalError `cache_corrupt` for bytes that were damaged, `cache_foreign` for those of another format or entry; also
 *   as a rejection
 */
export function decodeEntry(bytes: Uint8Array, expected: ExpectedEntry): DecodedEntry | Promise<DecodedEntry> {
  const read = unframe(bytes);
  const meta = metaOf(read);
  if (meta.id !== expected.id || meta.owner !== expected.owner) throw foreign('the entry of another key');
  const format = nameOf(FORMATS, read.format);
  const compression = nameOf(COMPRESSIONS, read.compression);
  if (read.length > MAX_VALUE_BYTES) throw corrupt('a value larger than any');
  const raw = decompress({ compression, bytes: read.payload }, read.length);
  return raw instanceof Promise ? raw.then((whole) => decoded(meta, format, whole)) : decoded(meta, format, raw);
}

/**
 * What is said of an entry, without making its value. All of its bytes are checked.
 * @throws LocalError as decodeEntry, whoever's entry it is
 */
export function readMeta(bytes: Uint8Array): EntryMeta {
  return metaOf(unframe(bytes));
}

function decoded(meta: EntryMeta, format: Format, bytes: Uint8Array): DecodedEntry {
  return { meta, value: deserialise(format, bytes) };
}

function metaOf({ header }: Frame): EntryMeta {
  let meta: EntryMeta;
  try {
    meta = ENTRY_META.decode(header);
  } catch (thrown) {
    throw corrupt('a head that cannot be read', thrown);
  }
  const times = [meta.born, meta.freshUntil, meta.staleUntil, meta.errorUntil];
  if (!TYPES.has(meta.type) || !SCOPES.has(meta.scope) || !times.every(Number.isFinite))
    throw corrupt('a head that says nothing');
  return meta;
}

function nameOf<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw corrupt('a format that there is not');
  return name;
}
