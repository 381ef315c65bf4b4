/** What nodes say in the tests of relays. */
export const session = { 'mcp-session-id': 's', 'mcp-protocol-version': '2025-11-25' };
export const answer = 'event: message\ndata: {"jsonrpc":"2.0","id":7,"result":{}}\n\n';
export const unknown = { id: 7, error: { code: -32603, data: { outcome: 'unknown' } } };

export function progress(value: number): string {
  const params = { progressToken: 1, progress: value };
  return `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n\n`;
}

export function identified(id: string, event: string): string {
  return `id: ${id}\n${event}`;
}

/** A line of the metrics. */
export function splices(kind: string, outcome: string): string {
  return `mcp_manager_splices_total{kind="${kind}",outcome="${outcome}"}`;
}
