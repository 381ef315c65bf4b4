import { CompleteRequestParamsSchema } from '@modelcontextprotocol/core';
import type { Exchange } from '../exchange/exchange.js';
import type { Completer } from '../registry/definitions.js';
import type { Registry } from '../registry/registry.js';
import { invalidParams, preview } from '../wire/errors.js';
import { isObject } from '../wire/message.js';

/** `prompts/get` */
export async function getPrompt(registry: Registry, exchange: Exchange): Promise<void> {
  const { name } = exchange.request.params;
  const prompt = typeof name === 'string' ? registry.findPrompt(name) : undefined;
  if (prompt === undefined) throw invalidParams(`name: unknown prompt ${preview(name)}`);
  const { definition } = prompt;
  exchange.target = definition.name;
  await exchange.openAnswers();
  const args = readArguments(exchange.request.params['arguments'] ?? {});
  for (const argument of definition.arguments ?? [])
    if (argument.required === true && args[argument.name] === undefined)
      throw invalidParams(`arguments.${argument.name}: expected a string, got nothing`);
  const returned = await definition.handler(args, exchange);
  exchange.complete(
    typeof returned === 'string'
      ? { description: definition.description, messages: [{ role: 'user', content: { type: 'text', text: returned } }] }
      : returned,
  );
}

function readArguments(given: unknown): Record<string, string> {
  if (!isObject(given)) throw invalidParams(`arguments: expected an object, got ${preview(given)}`);
  for (const [name, value] of Object.entries(given))
    if (typeof value !== 'string') throw invalidParams(`arguments.${name}: expected a string, got ${preview(value)}`);
  return given as Record<string, string>;
}

/** Specification, "Completion": at most 100 values an answer. */
const MAX_VALUES = 100;

/** `completion/complete` */
export async function complete(registry: Registry, exchange: Exchange): Promise<void> {
  const parsed = CompleteRequestParamsSchema.safeParse(exchange.request.params);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalidParams(`${issue?.path.map(String).join('.') ?? 'params'}: ${issue?.message ?? 'malformed'}`);
  }
  const { ref, argument, context } = parsed.data;
  const completer =
    ref.type === 'ref/prompt'
      ? promptCompleter(registry, ref.name, argument.name)
      : templateCompleter(registry, ref.uri, argument.name);
  const values = completer === undefined ? [] : await completer(argument.value, context?.arguments ?? {});
  exchange.complete({
    completion: { values: values.slice(0, MAX_VALUES), total: values.length, hasMore: values.length > MAX_VALUES },
  });
}

function promptCompleter(registry: Registry, name: string, argument: string): Completer | undefined {
  const prompt = registry.findPrompt(name);
  if (prompt === undefined) throw invalidParams(`ref.name: unknown prompt ${preview(name)}`);
  return prompt.definition.arguments?.find((candidate) => candidate.name === argument)?.complete;
}

function templateCompleter(registry: Registry, uri: string, argument: string): Completer | undefined {
  const template = registry.findTemplate(uri);
  if (template === undefined) throw invalidParams(`ref.uri: unknown resource template ${preview(uri)}`);
  const { complete } = template.definition;
  // The name is the client's: `constructor` must not find what every object inherits.
  return complete !== undefined && Object.hasOwn(complete, argument) ? complete[argument] : undefined;
}
