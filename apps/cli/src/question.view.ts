import { printable } from './progress.view.js';

/** What a tool asks for, as its form describes it (a primitive schema of elicitation). */
interface FieldSchema {
  readonly type?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly default?: unknown;
  readonly enum?: unknown;
  readonly enumNames?: unknown;
  readonly oneOf?: unknown;
  readonly items?: unknown;
}

interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: FieldSchema;
}

export type AnswerValue = string | number | boolean | string[];

/** What a person typed, read as its field wants it. No value: the field was left out. */
export type Reading = { readonly value: AnswerValue | undefined } | { readonly problem: string };

/** The fields of a form in their order. */
export function fieldsOf(requestedSchema: unknown): Field[] {
  if (!isRecord(requestedSchema) || !isRecord(requestedSchema['properties'])) return [];
  const required: unknown[] = Array.isArray(requestedSchema['required']) ? requestedSchema['required'] : [];
  return Object.entries(requestedSchema['properties']).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema: isRecord(schema) ? schema : {},
  }));
}

/** `Delete it (yes or no, default yes): ` */
export function fieldPrompt(field: Field): string {
  const { schema, name, required } = field;
  const title = typeof schema.title === 'string' ? schema.title : name;
  const detail = typeof schema.description === 'string' ? `: ${schema.description}` : '';
  const standard = defaultText(schema);
  const otherwise = standard === undefined ? (required ? 'required' : 'may be empty') : `default ${standard}`;
  return `  ${printable(`${title}${detail}`)} (${printable(`${expected(schema)}, ${otherwise}`)}): `;
}

/** Reads what was typed. An empty line takes the default, or leaves out what is not required. */
export function readField({ schema, required }: Field, typed: string): Reading {
  const text = typed.trim();
  if (text === '') {
    if (isAnswer(schema.default)) return { value: schema.default };
    return required ? { problem: `expected ${expected(schema)}, got nothing` } : { value: undefined };
  }
  const value = parse(schema, text);
  return value === undefined ? { problem: `expected ${expected(schema)}, got "${printable(text)}"` } : { value };
}

function parse(schema: FieldSchema, text: string): AnswerValue | undefined {
  switch (schema.type) {
    case 'boolean':
      return /^(?:y|yes|true)$/i.test(text) ? true : /^(?:n|no|false)$/i.test(text) ? false : undefined;
    case 'integer':
    case 'number': {
      const number = Number(text);
      return Number.isFinite(number) && (schema.type === 'number' || Number.isInteger(number)) ? number : undefined;
    }
    case 'array': {
      const known = choicesOf(isRecord(schema.items) ? schema.items : {});
      const chosen = text.split(',').map((word) => choose(known, word.trim()));
      return chosen.every((word) => word !== undefined) ? chosen : undefined;
    }
    default: {
      const known = choicesOf(schema);
      return known.length === 0 ? text : choose(known, text);
    }
  }
}

function expected(schema: FieldSchema): string {
  switch (schema.type) {
    case 'boolean':
      return 'yes or no';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'array': {
      const known = choicesOf(isRecord(schema.items) ? schema.items : {});
      return known.length === 0 ? 'words, separated by commas' : `some of ${labels(known)}, separated by commas`;
    }
    default: {
      const known = choicesOf(schema);
      return known.length === 0 ? 'text' : `one of ${labels(known)}`;
    }
  }
}

/** Forms name choices in three ways: `enum`, `enum` with `enumNames`, and `oneOf` or `anyOf` of `const` and `title`. */
function choicesOf(schema: FieldSchema & { readonly anyOf?: unknown }): Choice[] {
  if (Array.isArray(schema.enum)) {
    const names: unknown[] = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    return schema.enum.map((value, index) => ({ value: String(value), label: String(names[index] ?? value) }));
  }
  const titled = schema.oneOf ?? schema.anyOf;
  if (!Array.isArray(titled)) return [];
  return titled
    .filter((one) => isRecord(one))
    .map((one) => ({ value: String(one['const']), label: String(one['title'] ?? one['const']) }));
}

function choose(choices: readonly Choice[], word: string): string | undefined {
  if (choices.length === 0) return word;
  return choices.find(({ value, label }) => value === word || label.toLowerCase() === word.toLowerCase())?.value;
}

function labels(choices: readonly Choice[]): string {
  return choices.map(({ label }) => label).join(', ');
}

function defaultText({ default: standard }: FieldSchema): string | undefined {
  if (standard === true) return 'yes';
  if (standard === false) return 'no';
  return isAnswer(standard) ? String(standard) : undefined;
}

function isAnswer(value: unknown): value is AnswerValue {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string'))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
