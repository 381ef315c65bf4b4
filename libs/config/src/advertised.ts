import { networkInterfaces } from 'node:os';
import type { NodeConfig } from './node.config.js';

/** Where managers and other nodes reach a node. */
export interface AdvertisedOrigins {
  readonly origin: string;
  readonly managementOrigin: string;
}

/** An address of a network interface, as `os.networkInterfaces()` lists it. */
interface Address {
  readonly address: string;
  readonly family: string;
  readonly internal: boolean;
  readonly scopeid?: number | undefined;
}

/**
 * The URLs that a node registers: what `--advertise` says, else the addresses that it listens on.
 * @param ports that were taken; they differ from the configured ones where those were 0
 * @param addresses of the machine, for a node that listens on all of them
 */
export function advertisedOrigins(
  { node, mcp, management }: Pick<NodeConfig, 'node' | 'mcp' | 'management'>,
  ports: { readonly mcp: number; readonly management: number },
  addresses: readonly Address[] = Object.values(networkInterfaces()).flatMap((list) => list ?? []),
): AdvertisedOrigins {
  if (node.advertise !== undefined) {
    const { protocol, hostname } = new URL(node.advertise);
    // Whoever translates an address translates it for both ports.
    return { origin: node.advertise, managementOrigin: `${protocol}//${hostname}:${String(ports.management)}` };
  }
  const origin = (host: string, port: number): string => `http://${reachable(host, addresses)}:${String(port)}`;
  return { origin: origin(mcp.host, ports.mcp), managementOrigin: origin(management.host, ports.management) };
}

/** A host as it stands in a URL. All addresses at once are no address to call. */
function reachable(host: string, addresses: readonly Address[]): string {
  if (host !== '0.0.0.0' && host !== '::') return host.includes(':') ? `[${host}]` : host;
  const outside = addresses.filter(({ internal }) => !internal);
  const v4 = outside.find(({ family }) => family === 'IPv4');
  if (v4 !== undefined) return v4.address;
  // A link-local address means nothing without the interface, which a URL cannot name.
  const v6 =
    host === '::' ? outside.find(({ family, scopeid }) => family === 'IPv6' && (scopeid ?? 0) === 0) : undefined;
  return v6 === undefined ? '127.0.0.1' : `[${v6.address}]`;
}
