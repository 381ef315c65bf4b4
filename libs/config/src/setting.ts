import { z } from 'zod';
import type { Kind } from './kinds.js';

/** What people need to know of a setting besides its type. It has a flag, an environment variable or both. */
export interface About {
  /** With its dashes: `--port`. A secret has a variable, and better no flag: other users can read arguments. */
  readonly flag?: string;
  readonly env?: string;
  readonly meaning: string;
  /** The value of a secret is never printed. */
  readonly secret?: boolean;
}

interface Description extends About {
  /** What a value looks like, for people: `port`, `on or off`. */
  readonly type: string;
  /** What holds when neither flag nor variable is there, for people. */
  readonly fallback: string;
  /** A switch: the flag alone turns it on, so it does not take the next argument as its value. */
  readonly bare: boolean;
}

/** A setting as `--help` and the documentation show it, and the place of its value in the config. */
export interface Setting extends Description {
  readonly path: readonly string[];
}

const descriptions = z.registry<Description>();

/**
 * A setting that always has a value.
 * @param about.default the value, or how it is found at the start; then `fallback` says in words what it is
 */
export function setting<T extends string | number | boolean | string[]>(
  kind: Kind<T>,
  about: About & { default: NoInfer<T> | (() => NoInfer<T>); fallback?: string },
): z.ZodDefault<Kind<T>['schema']> {
  const { default: value, fallback, ...rest } = about;
  // Zod returns a default as it is when it is a factory: one that is not a function is copied for each config.
  const make = typeof value === 'function' ? value : () => structuredClone(value);
  const schema = kind.schema.default(make as () => z.util.NoUndefined<T>);
  descriptions.add(schema, { ...rest, type: kind.type, bare: kind.bare, fallback: fallback ?? show(make()) });
  return schema;
}

/**
 * A setting that may stay open.
 * @param about.otherwise what happens without a value, in words
 */
export function openSetting<T>(kind: Kind<T>, about: About & { otherwise: string }): z.ZodOptional<Kind<T>['schema']> {
  const { otherwise, ...rest } = about;
  const schema = kind.schema.optional();
  descriptions.add(schema, { ...rest, type: kind.type, bare: kind.bare, fallback: otherwise });
  return schema;
}

/** Every setting of a schema made of objects and settings, in the order of the schema. */
export function settingsOf(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, part]) => {
    const here = [...path, key];
    if (part instanceof z.ZodObject) return settingsOf(part, here);
    const description = descriptions.get(part as z.ZodType);
    if (description === undefined) throw new TypeError(`config schema: ${here.join('.')} is not made by setting()`);
    return [{ ...description, path: here }];
  });
}

function show(value: string | number | boolean | string[]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
