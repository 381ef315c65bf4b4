import { unserialisable } from './serialiser.errors.js';
import { MAX_BIGINT_BITS, MAX_DEPTH, MAX_OBJECTS, MAX_VALUE_BYTES } from './limits.js';

/** What is to know of a value before it is written. */
export interface Survey {
  /** Whether it comes back from JSON as it was. */
  readonly json: boolean;
  /** Whether it comes back from MessagePack as it was. */
  readonly messagePack: boolean;
  /** Whether an object is in it more than once, itself perhaps: then the writer has to keep track of all of them. */
  readonly repeated: boolean;
  /** About how many characters it has as JSON. */
  readonly characters: number;
}

const BINARY: ReadonlySet<unknown> = new Set(
  [
    ...[Buffer, Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, ArrayBuffer],
  ].map((type): unknown => type.prototype),
);

/** The library gives these names to things of its own: it would change such a member. */
const NOT_IN_MESSAGE_PACK: ReadonlySet<string> = new Set(['__proto__', '__keys__']);

/**
 * Looks at all of a value once.
 * @throws LocalError `cache_unserialisable` for functions, symbols, instances of other classes, and what is beyond the limits
 */
export function survey(value: unknown): Survey {
  const surveyor = new Surveyor();
  surveyor.look(value, 0);
  return surveyor;
}

class Surveyor implements Survey {
  json = true;
  messagePack = true;
  repeated = false;
  characters = 0;
  private readonly seen = new Set<object>();

  look(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'number':
        if (!Number.isFinite(value)) this.json = false;
        this.count(8);
        return;
      case 'boolean':
        this.count(5);
        return;
      case 'undefined':
        this.json = false;
        this.count(1);
        return;
      case 'bigint':
        if (BigInt.asIntN(MAX_BIGINT_BITS, value) !== value) throw unserialisable('a huge integer');
        this.json = false;
        this.count(8);
        return;
      case 'object':
        if (value === null) this.count(4);
        else this.object(value, depth + 1);
        return;
      default:
        throw unserialisable(`a ${typeof value}`);
    }
  }

  private object(value: object, depth: number): void {
    if (this.seen.has(value)) {
      this.json = false;
      this.repeated = true;
      this.count(1);
      return;
    }
    this.seen.add(value);
    if (this.seen.size > MAX_OBJECTS) throw unserialisable('too many objects');
    if (depth > MAX_DEPTH) throw unserialisable('nested too deep');
    this.count(2);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.members(value as Record<string, unknown>, depth);
    else if (prototype === Array.prototype) this.list(value as readonly unknown[], depth);
    else this.special(value, prototype, depth);
  }

  private members(record: Record<string, unknown>, depth: number): void {
    for (const name of Object.keys(record)) {
      if (NOT_IN_MESSAGE_PACK.has(name)) this.messagePack = false;
      this.text(name);
      this.look(record[name], depth);
    }
  }

  private list(list: readonly unknown[], depth: number): void {
    // A list may be long and have nothing in it.
    this.count(list.length);
    for (let at = 0; at < list.length; at += 1) this.look(list[at], depth);
  }

  /** What JSON does not have. */
  private special(value: object, prototype: unknown, depth: number): void {
    this.json = false;
    if (value instanceof Map && prototype === Map.prototype) {
      for (const [name, member] of value) {
        this.look(name, depth);
        this.look(member, depth);
      }
    } else if (value instanceof Set && prototype === Set.prototype) {
      for (const member of value) this.look(member, depth);
    } else if (value instanceof RegExp && prototype === RegExp.prototype) {
      this.text(value.source);
    } else if (BINARY.has(prototype)) {
      this.count((value as ArrayBuffer | Uint8Array).byteLength);
    } else if (prototype !== Date.prototype) {
      throw unserialisable('an instance of a class');
    }
  }

  private text(text: string): void {
    // Half a surrogate pair is not Unicode; and the library's decoder takes a leading U+FEFF for a byte order mark.
    if (!text.isWellFormed() || text.charCodeAt(0) === 0xfeff) this.messagePack = false;
    this.count(text.length + 3);
  }

  private count(characters: number): void {
    this.characters += characters;
    if (this.characters > MAX_VALUE_BYTES) throw unserialisable('too large');
  }
}
