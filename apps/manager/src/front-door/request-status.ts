import type { RequestStatus } from '@mcp-cluster/telemetry';
import { CLIENT_CLOSED } from '../relay/relay.js';

/**
 * How a request is counted by its HTTP status. An error inside a JSON-RPC answer with status 200 counts as
 * success here: the door does not read bodies, the node's own metrics tell.
 */
export function requestStatus(status: number): RequestStatus {
  if (status < 400) return 'success';
  if (status === CLIENT_CLOSED) return 'cancelled';
  return status < 500 ? 'client_error' : 'server_error';
}
