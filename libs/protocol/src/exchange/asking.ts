import {
  CreateMessageResultSchema,
  CreateMessageResultWithToolsSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
} from '@modelcontextprotocol/core';
import type { ClientCapabilities } from '@modelcontextprotocol/server';
import { Code, invalidParams, ToolError, WireError } from '../wire/errors.js';
import type { Era } from '../wire/revision.js';
import type { Ask } from './context.js';

/** Thrown through a stateless handler when answers are missing: the call ends as `input_required`. */
export class InputRequired extends Error {
  constructor(readonly questions: Readonly<Record<string, Ask>>) {
    super(`waiting for the client's answers: ${Object.keys(questions).join(', ')}`);
    this.name = 'InputRequired';
  }
}

/** The capability that a client must have declared to be asked. */
const NEEDS = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
} as const satisfies Record<Ask['method'], keyof ClientCapabilities>;

/**
 * @throws WireError -32021 in the stateless era (the specification's code); ToolError in the session era, which has none
 */
export function requireCapabilities(
  needed: readonly (keyof ClientCapabilities)[],
  declared: ClientCapabilities,
  era: Era,
): void {
  const missing = needed.filter((capability) => declared[capability] === undefined);
  if (missing.length === 0) return;
  const message = `the client did not declare the capability ${missing.join(', ')}`;
  if (era === 'session') throw new ToolError(message);
  throw new WireError(Code.MissingRequiredClientCapability, `Missing required client capability: ${message}`, {
    requiredCapabilities: Object.fromEntries(missing.map((capability) => [capability, {}])),
  });
}

export function requireAskable(questions: Record<string, Ask>, declared: ClientCapabilities, era: Era): void {
  requireCapabilities([...new Set(Object.values(questions).map((ask) => NEEDS[ask.method]))], declared, era);
}

/**
 * Checks a client's answer against what its question allows.
 * @throws WireError -32602 naming the key
 */
export function readAnswer(key: string, ask: Ask, answer: unknown): unknown {
  const schema = answerSchema(ask);
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalidParams(
    `inputResponses.${[key, ...(issue?.path ?? [])].map(String).join('.')}: ${issue?.message ?? 'malformed'}`,
  );
}

function answerSchema(ask: Ask) {
  switch (ask.method) {
    case 'elicitation/create':
      return ElicitResultSchema;
    case 'sampling/createMessage':
      return ask.params.tools === undefined ? CreateMessageResultSchema : CreateMessageResultWithToolsSchema;
    case 'roots/list':
      return ListRootsResultSchema;
  }
}
