import { CHECK_TIMEOUT_MS, nodeStatus } from '@mcp-cluster/cluster';
import { Agent, request } from 'undici';
import type { StatusProbe } from './health-checker.js';

/** Bytes of a status that are read: real ones have about 150. */
const MAX_STATUS_BYTES = 16_384;

/** Asks `GET /readyz` on the node's management port, over connections of its own: full call pools do not delay it. */
export class HttpStatusProbe {
  private readonly agent = new Agent({
    connections: 1,
    connect: { timeout: CHECK_TIMEOUT_MS },
    maxResponseSize: MAX_STATUS_BYTES,
  });

  readonly probe: StatusProbe = async (node, signal) => {
    // 503 carries a status too: the node starts or drains.
    const { body } = await request(`${node.address.managementOrigin}/readyz`, { dispatcher: this.agent, signal });
    return nodeStatus.parse(await body.json());
  };

  close(): void {
    this.agent.destroy(() => undefined);
  }
}
