import { UsageError } from './command-line.js';

interface PropertySchema {
  readonly type?: string | readonly string[];
}

/** The part of a tool's input schema that says how to read words. */
export interface InputSchema {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Turns `name=value` words into arguments: numbers, booleans and JSON where the schema wants them, text otherwise.
 * Whether the values are allowed is for the server to say.
 * @throws UsageError
 */
export function readArguments(pairs: readonly string[], schema: InputSchema): Record<string, unknown> {
  const given: [string, unknown][] = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`expected NAME=VALUE, got "${pair}"`);
    const name = pair.slice(0, at);
    const property = schema.properties?.[name];
    return [name, readValue(name, pair.slice(at + 1), isPropertySchema(property) ? property.type : undefined)];
  });
  return Object.fromEntries(given);
}

function isPropertySchema(property: unknown): property is PropertySchema {
  return typeof property === 'object' && property !== null;
}

function readValue(name: string, text: string, type: PropertySchema['type']): unknown {
  const types = typeof type === 'string' ? [type] : (type ?? []);
  if (types.includes('string')) return text;
  if (types.length === 0) return parseJson(text) ?? text;
  const value = parseJson(text);
  if (value === undefined) throw new UsageError(`${name}: expected ${types.join(' or ')}, got "${text}"`);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // plain words are not JSON
  }
}
