import type { JsonSchema, ValueSchema } from '@mcp-cluster/protocol';
import { fromJsonSchema, type JsonSchemaType } from '@modelcontextprotocol/server';
import type { z } from 'zod';

/**
 * A tool's input or output described by a JSON Schema (2020-12) instead of zod. It is sent as it is, every
 * keyword kept, and compiled once, here.
 */
export function jsonSchema(schema: JsonSchema): Exclude<ValueSchema, z.ZodType> {
  const standard = fromJsonSchema(schema as JsonSchemaType)['~standard'];
  return {
    jsonSchema: schema,
    check: (value) => {
      const outcome = standard.validate(value);
      if (outcome instanceof Promise) throw new TypeError('a JSON Schema with an asynchronous check cannot be used');
      return outcome.issues === undefined
        ? { ok: true, value: outcome.value }
        : { ok: false, issues: outcome.issues.map((issue) => issue.message) };
    },
  };
}
