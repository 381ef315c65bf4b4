import protobuf from 'protobufjs/light.js';

/** What a member may be. Each of these comes back from Protobuf exactly as it was. */
export type MemberKind = 'string' | 'number' | 'boolean' | 'strings';

const FIELDS: Readonly<Record<MemberKind, readonly [type: string, rule: string]>> = {
  string: ['string', 'required'],
  // The only number of Protobuf that has all values of a JavaScript one.
  number: ['double', 'required'],
  boolean: ['bool', 'required'],
  strings: ['string', 'repeated'],
};

/** A shape of values that both ends know: written without the names of its members. */
export class KnownSchema<T extends object> {
  private readonly type: protobuf.Type;
  private readonly kinds: ReadonlyMap<string, MemberKind>;

  /**
   * @param number goes before each value; never given to another schema, 1 to 255
   * @param members every member of a value. Its place is its number on the wire: other members are another schema
   */
  constructor(
    readonly number: number,
    readonly name: string,
    members: Readonly<Record<keyof T & string, MemberKind>>,
  ) {
    this.kinds = new Map(Object.entries<MemberKind>(members));
    this.type = new protobuf.Type(name);
    for (const [member, kind] of this.kinds)
      this.type.add(new protobuf.Field(member, this.type.fieldsArray.length + 1, ...FIELDS[kind]));
    this.type.setup();
  }

  /** Whether a value has just these members, and comes back as it is. */
  fits(value: unknown): value is T {
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
    if (Object.keys(value).length !== this.kinds.size) return false;
    for (const [member, kind] of this.kinds)
      if (!Object.hasOwn(value, member) || !isOf(kind, (value as Record<string, unknown>)[member])) return false;
    return true;
  }

  /** @param value one that fits */
  encode(value: T): Uint8Array {
    return this.type.encode(value).finish();
  }

  /** @throws whatever the library throws at bytes that no such value has */
  decode(bytes: Uint8Array): T {
    const message = this.type.decode(bytes);
    // Only its own: what was not written would be '' or 0 of the library's prototype.
    const own = message as unknown as Record<string, unknown>;
    const value: Record<string, unknown> = {};
    for (const member of this.kinds.keys()) if (Object.hasOwn(own, member)) value[member] = own[member];
    if (!this.fits(value)) throw new Error(`${this.name}: not all of its members`);
    return value;
  }
}

function isOf(kind: MemberKind, value: unknown): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every((member) => isOf('string', member));
  return typeof value === kind && (typeof value !== 'string' || value.isWellFormed());
}
