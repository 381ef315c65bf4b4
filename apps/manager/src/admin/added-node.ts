import { CHECK_TIMEOUT_MS, nodeStatus, type NodeStatus } from '@mcp-cluster/cluster';
import { asError } from '@mcp-cluster/kernel';
import { Agent, request } from 'undici';
import type { NodeAddress } from '../membership/cluster-node.js';
import { conflict, invalidField } from './admin.errors.js';

/** Milliseconds for a node that is to be added to answer: some checks' worth, since nobody calls it yet. */
const ANSWER_MS = 5 * CHECK_TIMEOUT_MS;

/** Bytes of a status that are read: real ones have about 150, and what answers here may be anything. */
const MAX_STATUS_BYTES = 16_384;

const EXPECTED_URL = 'an http URL without path, for example http://10.0.0.5:3001';

/** Where a node is that an operator adds. */
export type AddedNode = Pick<NodeAddress, 'key' | 'origin' | 'managementOrigin'>;

/** Asks a management port for the status of its node. Rejects when there is none. */
export type StatusReader = (managementOrigin: string) => Promise<NodeStatus>;

/**
 * Reads the body of `POST /admin/nodes`.
 * @param managementPort where none is said
 * @returns undefined when a node is to be started, not to be found
 * @throws AdminError 400 naming the field
 */
export function readAddedNode(body: unknown, managementPort: number): AddedNode | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body))
    throw invalidField('body', body, 'a JSON object like {"url": "http://10.0.0.5:3001"}, or nothing');
  const { url, managementUrl, ...rest } = body as Record<string, unknown>;
  for (const [name, value] of Object.entries(rest)) throw invalidField(name, value, 'url and managementUrl only');
  if (url === undefined) {
    if (managementUrl !== undefined) throw invalidField('url', url, `${EXPECTED_URL}, beside managementUrl`);
    return undefined;
  }
  const origin = bareOrigin('url', url);
  const managementOrigin =
    managementUrl === undefined
      ? `http://${new URL(origin).hostname}:${String(managementPort)}`
      : bareOrigin('managementUrl', managementUrl);
  return { key: origin, origin, managementOrigin };
}

function bareOrigin(field: string, value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  // The serialised URL of a bare origin is the origin and a slash: anything more is a path, a query or a user.
  if (url?.protocol !== 'http:' || url.href !== `${url.origin}/`) throw invalidField(field, value, EXPECTED_URL);
  return url.origin;
}

/** `GET /readyz`; 503 carries a status too. */
export const readStatus: StatusReader = async (managementOrigin) => {
  const dispatcher = new Agent({ maxResponseSize: MAX_STATUS_BYTES });
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const { body } = await request(`${managementOrigin}/readyz`, { dispatcher, signal });
    return nodeStatus.parse(await body.json());
  } finally {
    dispatcher.destroy(() => undefined);
  }
};

/**
 * Its status, if it takes calls.
 * @throws AdminError 409 `node_unreachable` or `node_not_ready`
 */
export async function statusOfReady({ managementOrigin }: AddedNode, read: StatusReader): Promise<NodeStatus> {
  let status: NodeStatus;
  try {
    status = await read(managementOrigin);
  } catch (thrown) {
    const { name } = asError(thrown);
    const why = name === 'ZodError' || name === 'SyntaxError' ? 'it answers, but not as a node does' : 'no answer';
    throw conflict('node_unreachable', `${managementOrigin}/readyz: ${why} (managementUrl says where else to ask)`);
  }
  if (status.state === 'ready') return status;
  throw conflict('node_not_ready', `node ${status.id} is ${status.state}: expected ready`);
}
