import { corrupt } from './serialiser.errors.js';
import { MAX_BIGINT_BITS, MAX_DEPTH, MAX_OBJECTS } from './limits.js';

/** The extensions that `pack` writes. */
const [UNDEFINED, BIGINT, ID, POINTER, RECORD, SET, TYPED, REGEXP, DATE] = [
  0x00, 0x42, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff,
];

/** Bytes of a number after its token, from 0xca (float 32) to 0xd3 (int 64). */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

/** A Set is written as an extension with a list in it, either of them perhaps with an id before it. An empty Map is one byte, and some 200 in memory: with this, hostile bytes take 60 MB at most. */
const MAX_MADE = 3 * MAX_OBJECTS;

/**
 * Walks over MessagePack without making anything of it. The library would build whatever the bytes say: millions of empty Maps
 * out of some kilobytes, or things that we never write.
 * @throws LocalError `cache_corrupt` for what `pack` does not write, or what is beyond the limits
 */
export function checkMessagePack(bytes: Uint8Array): void {
  new Walk(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).run();
}

class Walk {
  private at = 0;
  /** Objects that the library would make so far. */
  private made = 0;
  /** How many values are still to come in each container that is open. */
  private readonly open: number[] = [1];
  /** How many members the records have that were defined, by their token. */
  private readonly records = new Map<number, number>();
  /** The ids that were given, and how many names the list has that got it; undefined for all that are no names of a record. */
  private readonly ids = new Map<number, number | undefined>();

  constructor(private readonly bytes: Buffer) {}

  run(): void {
    for (;;) {
      while (this.open.at(-1) === 0) this.open.pop();
      const left = this.open.pop();
      if (left === undefined) break;
      this.open.push(left - 1);
      this.value();
    }
    if (this.at !== this.bytes.length) throw corrupt('MessagePack: bytes after the value');
  }

  private value(): void {
    const token = this.number(1);
    if (token < 0x40 || token >= 0xe0) return;
    if (token < 0x80) this.enter(this.membersOf(token));
    else if (token < 0x90) this.enter(2 * (token - 0x80));
    else if (token < 0xa0 || token === 0xdc || token === 0xdd) this.enter(this.lengthOf(token));
    else if (token < 0xc0) this.skip(token - 0xa0);
    else if (token >= 0xca && token <= 0xd3) this.skip(NUMBER_BYTES[token - 0xca] ?? 0);
    else this.sized(token);
  }

  /** Tokens that are followed by a length, an extension, or nothing. */
  private sized(token: number): void {
    if (token === 0xc0 || token === 0xc2 || token === 0xc3) return;
    if (token >= 0xc4 && token <= 0xc6) this.binary(this.number(1 << (token - 0xc4)));
    else if (token >= 0xc7 && token <= 0xc9) this.extension(this.number(1 << (token - 0xc7)));
    else if (token >= 0xd4 && token <= 0xd8) this.extension(1 << (token - 0xd4));
    else if (token >= 0xd9 && token <= 0xdb) this.skip(this.number(1 << (token - 0xd9)));
    else if (token === 0xde || token === 0xdf) this.enter(2 * this.number(token === 0xde ? 2 : 4));
    else throw corrupt('MessagePack: an unknown token');
  }

  private extension(length: number): void {
    const type = this.number(1);
    if (type === RECORD && length === 1) this.define(this.number(1));
    else if ((type === SET || type === REGEXP) && length === 1) this.wrap(length);
    else if (type === ID && length === 4) this.named();
    else if (type === DATE || type === TYPED) this.binary(length);
    else if (type === UNDEFINED || (type === POINTER && length === 4)) this.skip(length);
    else if (type === BIGINT && length <= MAX_BIGINT_BITS / 8 + 8) this.skip(length);
    else throw corrupt('MessagePack: an unknown extension');
  }

  private wrap(length: number): void {
    this.skip(length);
    this.enter(1);
  }

  /** The id of the value that follows. */
  private named(): void {
    this.give(this.number(4), undefined);
    this.enter(1);
  }

  private give(id: number, names: number | undefined): void {
    if (this.ids.has(id)) throw corrupt('MessagePack: an id that was given before');
    this.ids.set(id, names);
  }

  /** A record's names, and right after them its first members. */
  private define(record: number): void {
    if (record < 0x40 || record >= 0x80) throw corrupt('MessagePack: an unknown record');
    const token = this.number(1);
    const type = token === 0xd6 ? this.number(1) : undefined;
    if (type === POINTER) {
      // Names that were written before: there are more records than numbers for them.
      const members = this.ids.get(this.number(4));
      if (members === undefined) throw corrupt('MessagePack: a record without names');
      this.records.set(record, members);
      this.enter(members);
      return;
    }
    const id = type === ID ? this.number(4) : undefined;
    const members = this.lengthOf(id === undefined ? token : this.number(1));
    if (id !== undefined) this.give(id, members);
    this.records.set(record, members);
    this.enter(2 * members);
  }

  private membersOf(record: number): number {
    const members = this.records.get(record);
    if (members === undefined) throw corrupt('MessagePack: a record that was not defined');
    return members;
  }

  private lengthOf(token: number): number {
    if (token === 0xdc || token === 0xdd) return this.number(token === 0xdc ? 2 : 4);
    if ((token & 0xf0) !== 0x90) throw corrupt('MessagePack: a record without names');
    return token - 0x90;
  }

  private enter(values: number): void {
    this.count();
    // Each value has at least one byte.
    if (values > this.bytes.length - this.at) throw corrupt('MessagePack: cut off');
    if (values === 0) return;
    this.open.push(values);
    if (this.open.length > 4 * MAX_DEPTH) throw corrupt('MessagePack: nested too deep');
  }

  private binary(length: number): void {
    this.count();
    this.skip(length);
  }

  private count(): void {
    this.made += 1;
    if (this.made > MAX_MADE) throw corrupt('MessagePack: too many objects');
  }

  private number(length: number): number {
    const from = this.at;
    this.skip(length);
    return this.bytes.readUIntBE(from, length);
  }

  private skip(length: number): void {
    if (length > this.bytes.length - this.at) throw corrupt('MessagePack: cut off');
    this.at += length;
  }
}
