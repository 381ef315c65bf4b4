import type { ServerCapabilities } from '@modelcontextprotocol/server';
import type { Exchange } from '../exchange/exchange.js';
import type { Registry } from '../registry/registry.js';
import { cancelTask, getTask, updateTask } from '../tasks/tasks.method.js';
import type { Tasks } from '../tasks/tasks.js';
import { STATELESS_REVISIONS } from '../wire/revision.js';
import { setLevel } from './initialize.method.js';
import { listPage } from './lists.method.js';
import { complete, getPrompt } from './prompts.method.js';
import { changeSubscription, readResource } from './resources.method.js';
import type { Subscriptions } from './subscriptions.js';
import { callTool } from './tools.method.js';

/** Answers one request. A promise only where the answer takes time. */
export type Method = (exchange: Exchange) => void | Promise<void>;
export type MethodTable = ReadonlyMap<string, Method>;

/** What the methods work on. */
export interface MethodParts {
  readonly registry: Registry;
  readonly subscriptions: Subscriptions;
  readonly tasks: Tasks;
}

/** What `server/discover` says. */
export interface Discovery {
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
}

/** Lists and `server/discover` may be kept for 5 min by anybody: they are the same for all, and changes are announced. */
const LIST_CACHE = ',"ttlMs":300000,"cacheScope":"public"';

/** Has a method answer: whatever it throws, now or later, is the exchange's answer. */
export function answer(method: Method, exchange: Exchange): void {
  try {
    const running = method(exchange);
    if (running !== undefined)
      running.catch((thrown: unknown) => {
        exchange.fail(thrown);
      });
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

/** The resources that templates list come and go by themselves: a client that does not listen asks again after 5 s. */
const LISTED_CACHE = ',"ttlMs":5000,"cacheScope":"public"';

/** The methods of 2026-07-28. */
export function statelessMethods(parts: MethodParts, discovery: Discovery): MethodTable {
  const { subscriptions, tasks } = parts;
  const body = { supportedVersions: STATELESS_REVISIONS, ...discovery };
  const discovered = `${JSON.stringify(body).slice(1, -1)}${LIST_CACHE}`;
  return new Map<string, Method>([
    ...sharedMethods(parts, LIST_CACHE),
    [
      'resources/list',
      (exchange) =>
        listPage(parts.registry, exchange, 'resources', parts.registry.listsResources ? LISTED_CACHE : LIST_CACHE),
    ],
    ['server/discover', (exchange) => { exchange.completeMembers(discovered); }],
    ['subscriptions/listen', (exchange) => { subscriptions.listen(exchange); }],
    ['tasks/get', (exchange) => getTask(tasks, exchange)],
    ['tasks/update', (exchange) => updateTask(tasks, exchange)],
    ['tasks/cancel', (exchange) => cancelTask(tasks, exchange)],
  ]); // prettier-ignore
}

/** The methods of the 2025 revisions. */
export function sessionMethods(parts: MethodParts): MethodTable {
  const { registry } = parts;
  return new Map<string, Method>([
    ...sharedMethods(parts, ''),
    ['ping', (exchange) => { exchange.completeMembers(''); }],
    ['resources/subscribe', (exchange) => changeSubscription(registry, exchange, true)],
    ['resources/unsubscribe', (exchange) => changeSubscription(registry, exchange, false)],
    ['logging/setLevel', (exchange) => setLevel(exchange)],
  ]); // prettier-ignore
}

function sharedMethods({ registry }: MethodParts, listExtra: string): [string, Method][] {
  return [
    ['tools/call', (exchange) => callTool(registry, exchange)],
    ['tools/list', (exchange) => listPage(registry, exchange, 'tools', listExtra)],
    ['prompts/list', (exchange) => listPage(registry, exchange, 'prompts', listExtra)],
    ['resources/list', (exchange) => listPage(registry, exchange, 'resources', listExtra)],
    ['resources/templates/list', (exchange) => listPage(registry, exchange, 'resourceTemplates', listExtra)],
    ['resources/read', (exchange) => readResource(registry, exchange)],
    ['prompts/get', (exchange) => getPrompt(registry, exchange)],
    ['completion/complete', (exchange) => complete(registry, exchange)],
  ];
}
