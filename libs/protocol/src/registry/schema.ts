import { LocalError } from '@mcp-cluster/kernel';
import { z } from 'zod';
import { preview } from '../wire/errors.js';
import type { JsonSchema, ValueSchema } from './definitions.js';

/** A value as accepted, or what is wrong with it: one line a problem, each naming field, what came and what was expected. */
export type Checked =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: string[] };

export type Check = (value: unknown) => Checked;

/** Problems shown at once: enough to mend a call, too few to flood a model's context. */
const MAX_PROBLEMS = 10;

/** Compiles a schema's check once. zod itself compiles object parsers on first use. */
export function compileCheck(schema: ValueSchema): Check {
  if (!isZod(schema)) {
    const { check } = schema;
    return (value) => {
      const outcome = check(value);
      return outcome.ok ? outcome : { ok: false, problems: outcome.issues.slice(0, MAX_PROBLEMS) };
    };
  }
  return (value) => {
    const outcome = schema.safeParse(value);
    if (outcome.success) return { ok: true, value: outcome.data };
    return { ok: false, problems: outcome.error.issues.slice(0, MAX_PROBLEMS).map((issue) => describe(issue, value)) };
  };
}

/**
 * The schema as it goes over the wire (JSON Schema 2020-12).
 * @param io whether defaults make a field optional (`input`) or present (`output`)
 * @throws LocalError `bad_schema` when its root is not an object
 */
export function compileJsonSchema(schema: ValueSchema, io: 'input' | 'output', owner: string): JsonSchema {
  const json = isZod(schema) ? toJsonSchema(schema, io) : schema.jsonSchema;
  if (json['type'] !== 'object')
    throw new LocalError(
      'bad_schema',
      `${owner}: ${io} schema: expected an object at its root, got ${preview(json['type'])}`,
    );
  return json as JsonSchema;
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io });
}

function isZod(schema: ValueSchema): schema is z.ZodType {
  return schema instanceof z.ZodType;
}

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  const field = issue.path.length === 0 ? 'arguments' : issue.path.map(String).join('.');
  const unknown = issue.code === 'unrecognized_keys';
  const received = unknown ? '' : `, got ${preview(valueAt(root, issue.path))}`;
  return `${field}: ${lowerFirst(issue.message)}${received}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
