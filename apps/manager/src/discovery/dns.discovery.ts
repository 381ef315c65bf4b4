import { asError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import type { Discovery } from './discovery.js';
import type { Roster } from './roster.js';

/** Milliseconds between lookups: a new pod takes calls within two seconds, and CoreDNS answers from memory. */
export const LOOKUP_INTERVAL_MS = 2000;

/** All addresses, v4 and v6, of a name. */
export type Resolve = (host: string) => Promise<{ address: string; family: number }[]>;

export interface DnsTarget {
  /** Name that resolves to every node: in Kubernetes the headless Service. */
  readonly host: string;
  readonly mcpPort: number;
  readonly managementPort: number;
}

/**
 * Nodes are what a name resolves to. A lookup that fails changes nothing, and an address that vanishes stays
 * as long as it answers its health check: discovery is advice, health decides.
 */
export class DnsDiscovery implements Discovery {
  private timer: Timer | undefined;
  private looking = false;
  private failing = false;
  private known = new Set<string>();

  constructor(
    private readonly target: DnsTarget,
    private readonly resolve: Resolve,
    private readonly roster: Pick<Roster, 'join' | 'markAbsent'>,
    private readonly clock: Clock,
    private readonly background: Background,
    private readonly log: { warn(fields: object, message: string): void },
  ) {}

  start(): void {
    this.timer = this.clock.every(LOOKUP_INTERVAL_MS, () => {
      this.look();
    });
    this.look();
  }

  stop(): Promise<void> {
    this.timer?.cancel();
    return Promise.resolve();
  }

  private look(): void {
    // A resolver that hangs is asked once at a time.
    if (this.looking) return;
    this.looking = true;
    this.background.run('dns-lookup', async () => {
      try {
        this.found(await this.resolve(this.target.host));
        this.failing = false;
      } catch (thrown) {
        // Told once, not every two seconds: a headless Service has no name before its first pod is ready.
        if (!this.failing) this.log.warn({ host: this.target.host, err: asError(thrown) }, 'no addresses of nodes');
        this.failing = true;
      } finally {
        this.looking = false;
      }
    });
  }

  private found(addresses: readonly { address: string; family: number }[]): void {
    const { mcpPort, managementPort } = this.target;
    const seen = new Set<string>();
    for (const { address, family } of addresses) {
      const host = family === 6 ? `[${address}]` : address;
      const origin = `http://${host}:${String(mcpPort)}`;
      seen.add(origin);
      this.roster.join({ key: origin, origin, managementOrigin: `http://${host}:${String(managementPort)}` });
    }
    for (const key of this.known) if (!seen.has(key)) this.roster.markAbsent(key);
    this.known = seen;
  }
}
