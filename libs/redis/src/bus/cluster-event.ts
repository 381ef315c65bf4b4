import {
  isObject,
  type ClusterEvent,
  type ListKind,
  type RequestId,
  type ResponseMessage,
} from '@mcp-cluster/protocol';

const KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources'];

type Fields = Record<string, unknown>;

/** A reader for each type, so that a new one cannot be forgotten: the compiler misses it here. */
const READERS: { readonly [Type in ClusterEvent['type']]: (fields: Fields) => ClusterEvent | undefined } = {
  'list-changed': ({ kind }) => (isKind(kind) ? { type: 'list-changed', kind } : undefined),
  'resource-updated': ({ uri }) => (isText(uri) ? { type: 'resource-updated', uri } : undefined),
  cancelled: ({ session, request, reason }) =>
    isText(session) && isRequestId(request) && isText(reason)
      ? { type: 'cancelled', session, request, reason }
      : undefined,
  'session-ended': ({ session }) => (isText(session) ? { type: 'session-ended', session } : undefined),
  'session-changed': ({ session }) => (isText(session) ? { type: 'session-changed', session } : undefined),
  'ask-answered': ({ session, message }) =>
    isText(session) && isResponse(message) ? { type: 'ask-answered', session, message } : undefined,
  resync: () => ({ type: 'resync' }),
  'task-changed': ({ taskId, members }) =>
    isText(taskId) && isText(members) ? { type: 'task-changed', taskId, members } : undefined,
  'task-answered': ({ taskId, responses }) =>
    isText(taskId) && isObject(responses) ? { type: 'task-answered', taskId, responses } : undefined,
  'task-cancelled': ({ taskId }) => (isText(taskId) ? { type: 'task-cancelled', taskId } : undefined),
  'cache-invalidated': ({ tags, version }) =>
    Array.isArray(tags) && tags.every(isText) && Number.isSafeInteger(version)
      ? { type: 'cache-invalidated', tags, version: version as number }
      : undefined,
  'cache-settled': ({ id }) => (isText(id) ? { type: 'cache-settled', id } : undefined),
  'task-wanted': ({ taskIds }) =>
    Array.isArray(taskIds) && taskIds.every(isText) ? { type: 'task-wanted', taskIds } : undefined,
};

/** The event that another process wrote as JSON; undefined when it is none: a newer version's, or not ours. */
export function readClusterEvent(json: string): ClusterEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value['type'] !== 'string' || !Object.hasOwn(READERS, value['type'])) return undefined;
  return READERS[value['type'] as ClusterEvent['type']](value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isKind(value: unknown): value is ListKind {
  return KINDS.includes(value as ListKind);
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function isResponse(value: unknown): value is ResponseMessage {
  if (!isObject(value) || value['kind'] !== 'response' || !isRequestId(value['id'])) return false;
  const error = value['error'];
  return error === undefined
    ? value['result'] !== undefined
    : isObject(error) && Number.isSafeInteger(error['code']) && isText(error['message']);
}
