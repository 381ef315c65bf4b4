/** Arguments nested deeper than this are not compared: no tool has them, and a recursion has to end. */
const MAX_DEPTH = 64;

/**
 * One text for all values that mean the same: members in the order of their names, those that are undefined left out. Dates and
 * big integers are told apart from texts that look like them.
 * @returns undefined for what has no such text: functions, symbols, class instances, cycles
 */
export function canonicalJson(value: unknown): string | undefined {
  return write(value, 0);
}

function write(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      // JSON has neither, and as null they would be equal to null. -0 is 0.
      return Number.isFinite(value) ? String(value) : `{"$number":"${String(value)}"}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `{"$bigint":"${String(value)}"}`;
    case 'object':
      if (value === null) return 'null';
      return depth === MAX_DEPTH ? undefined : writeObject(value, depth + 1);
    default:
      return undefined;
  }
}

function writeObject(value: object, depth: number): string | undefined {
  if (Array.isArray(value)) return writeList(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return value instanceof Date ? `{"$date":"${String(value.getTime())}"}` : undefined;
  return writeMembers(value as Record<string, unknown>, depth);
}

function writeList(list: readonly unknown[], depth: number): string | undefined {
  let text = '[';
  for (let at = 0; at < list.length; at += 1) {
    const member = list[at] === undefined ? 'null' : write(list[at], depth);
    if (member === undefined) return undefined;
    text += at === 0 ? member : `,${member}`;
  }
  return `${text}]`;
}

function writeMembers(record: Record<string, unknown>, depth: number): string | undefined {
  const names = Object.keys(record);
  if (names.length > 1) names.sort();
  let text = '{';
  for (const name of names) {
    const member = record[name];
    if (member === undefined) continue;
    // A client's own member with such a name must not look like one of ours.
    const written = write(member, depth);
    if (written === undefined) return undefined;
    text += `${text === '{' ? '' : ','}${JSON.stringify(name.startsWith('$') ? `$${name}` : name)}:${written}`;
  }
  return `${text}}`;
}
