import { crc32 } from 'node:zlib';
import { LocalError } from '@mcp-cluster/kernel';
import { corrupt, unserialisable } from '../serialiser/serialiser.errors.js';

/** The parts of an entry. */
export interface Frame {
  /** Index of the payload's format. */
  readonly format: number;
  /** Index of how it is compressed. */
  readonly compression: number;
  /** Bytes of the payload before it was compressed. */
  readonly length: number;
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

const MAGIC = 0x4d_43_50_65; // "MCPe"
/** Raised whenever anything changes in how entries are written: those of another version are misses. */
const VERSION = 1;

/**
 * Numbers are big-endian.
 * - 0 magic, 4 bytes; 4 version
 * - 5 checksum of all that follows, 4 bytes
 * - 9 format (low half) and compression (high half); 10 length of the header, 2 bytes
 * - 12 length of the payload, 4 bytes; 16 that before compression, 4 bytes
 * - 20 header, payload
 */
const AT = { magic: 0, version: 4, checksum: 5, kinds: 9, header: 10, payload: 12, length: 16, parts: 20 } as const;

/** A header has some hundred bytes; with many tags some thousand. */
const MAX_HEADER_BYTES = 0xffff;

/** `cache_foreign`: an entry that is whole, and not what was looked for. */
export function foreign(what: string): LocalError {
  return new LocalError('cache_foreign', `cache: ${what}`);
}

/** @throws LocalError `cache_unserialisable` for a header of more than 64 KiB */
export function frame({ format, compression, length, header, payload }: Frame): Uint8Array {
  if (header.length > MAX_HEADER_BYTES) throw unserialisable('too many tags');
  const bytes = Buffer.allocUnsafe(AT.parts + header.length + payload.length);
  bytes.writeUInt32BE(MAGIC, AT.magic);
  bytes.writeUInt8(VERSION, AT.version);
  bytes.writeUInt8(format | (compression << 4), AT.kinds);
  bytes.writeUInt16BE(header.length, AT.header);
  bytes.writeUInt32BE(payload.length, AT.payload);
  bytes.writeUInt32BE(length, AT.length);
  bytes.set(header, AT.parts);
  bytes.set(payload, AT.parts + header.length);
  bytes.writeUInt32BE(checksum(bytes), AT.checksum);
  return bytes;
}

/**
 * @throws LocalError `cache_foreign` for another magic or version, `cache_corrupt` for all else that is not right. The two
 *   parts are views of `bytes`.
 */
export function unframe(whole: Uint8Array): Frame {
  const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
  if (bytes.length < AT.parts) throw corrupt('an entry that is cut off');
  if (bytes.readUInt32BE(AT.magic) !== MAGIC) throw foreign('no entry');
  if (bytes.readUInt8(AT.version) !== VERSION) throw foreign('an entry of another version');
  const payload = AT.parts + bytes.readUInt16BE(AT.header);
  // Lengths before the checksum: what was cut off or appended is certain then, not only most probable.
  if (payload + bytes.readUInt32BE(AT.payload) !== bytes.length) throw corrupt('an entry of another length');
  if (bytes.readUInt32BE(AT.checksum) !== checksum(bytes)) throw corrupt('a wrong checksum');
  const kinds = bytes.readUInt8(AT.kinds);
  return {
    format: kinds & 0xf,
    compression: kinds >> 4,
    length: bytes.readUInt32BE(AT.length),
    header: bytes.subarray(AT.parts, payload),
    payload: bytes.subarray(payload),
  };
}

/**
 * CRC-32: it finds every single flipped bit, every run of up to 32 damaged bits, and all else but one in four thousand million;
 * 4 GB a second. It is against faults, not against somebody who can write to Redis or the disk: whoever can do that can
 * also compute a longer one.
 */
function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(AT.kinds));
}
