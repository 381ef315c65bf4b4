import { LocalError } from '@mcp-cluster/kernel';
import { isObject } from '../wire/message.js';
import type { JsonSchema } from './definitions.js';

/** A tool argument that clients mirror into `Mcp-Param-{name}` (2026-07-28, "Custom Headers from Tool Parameters"). */
export interface ParamHeader {
  /** Lower-case header name, as Node gives it. */
  readonly header: string;
  readonly path: readonly string[];
  readonly numeric: boolean;
}

const KEY = 'x-mcp-header';
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PERMITTED = new Set(['string', 'integer', 'boolean']);

/**
 * Finds the `x-mcp-header` annotations of an input schema.
 * @throws LocalError `bad_param_header` where the specification calls the tool definition invalid
 */
export function compileParamHeaders(schema: JsonSchema, tool: string): ParamHeader[] {
  const found: ParamHeader[] = [];
  collect(schema, [], found, tool);
  const annotated = countAnnotations(schema);
  if (annotated !== found.length)
    throw refuse(tool, 'an annotation is only allowed on properties reached through "properties" alone');
  const names = new Set(found.map((entry) => entry.header));
  if (names.size !== found.length) throw refuse(tool, 'header names must differ in more than their case');
  return found;
}

function collect(schema: Record<string, unknown>, path: string[], found: ParamHeader[], tool: string): void {
  const properties = schema['properties'];
  if (!isObject(properties)) return;
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const here = [...path, name];
    const header = property[KEY];
    if (header !== undefined) {
      if (typeof header !== 'string' || !TOKEN.test(header))
        throw refuse(tool, `${here.join('.')}: expected an RFC 9110 token, got ${JSON.stringify(header)}`);
      const type = property['type'];
      if (typeof type !== 'string' || !PERMITTED.has(type))
        throw refuse(
          tool,
          `${here.join('.')}: only string, integer and boolean arguments, got ${JSON.stringify(type)}`,
        );
      found.push({ header: `mcp-param-${header.toLowerCase()}`, path: here, numeric: type === 'integer' });
    }
    collect(property, here, found, tool);
  }
}

function countAnnotations(node: unknown): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, item) => sum + countAnnotations(item), 0);
  if (!isObject(node)) return 0;
  return Object.entries(node).reduce(
    (sum, [key, value]) => sum + (key === KEY && typeof value === 'string' ? 1 : countAnnotations(value)),
    0,
  );
}

function refuse(tool: string, detail: string): LocalError {
  return new LocalError('bad_param_header', `tool ${tool}: ${KEY}: ${detail}`);
}
