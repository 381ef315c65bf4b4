import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

/** Azure's platform service: a public address by its number, an internal one by where it answers. */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The bits that every global unicast IPv6 address begins with: 2000::/3. */
const GLOBAL_UNICAST_PREFIX = 0b001;

/**
 * Whether an IP address is one that anybody on the Internet may reach: global unicast and nothing else. Loopback,
 * private, link-local, carrier NAT, multicast, documentation, benchmark and reserved ranges are not, nor are tunnels
 * (6to4, Teredo), which carry packets to an address that this check would not see. IPv4 within IPv6 (mapped, NAT64) is
 * judged by the IPv4 address: in an IPv6-only network NAT64 is the only way to most sites.
 * @param address as `node:net` spells it; anything that it does not take for an address is not public
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also reads shortened, octal and hexadecimal forms. What is no plain address here never gets that far.
  // A zone (fe80::1%eth0) names an interface of this machine.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv4 ? isPublicV4(parsed) : isPublicV6(parsed);
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !PLATFORM_ADDRESSES.has(address.toString());
}

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address());
  if (isNat64(address)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  // ipaddr.js calls everything without a name "unicast", also ::127.0.0.1: only 2000::/3 has been given out.
  return (address.parts[0] ?? 0) >>> 13 === GLOBAL_UNICAST_PREFIX && address.range() === 'unicast';
}

/** 64:ff9b::/96, the well-known prefix; the local one (64:ff9b:1::/48) leads to whatever the network wants. */
function isNat64(address: ipaddr.IPv6): boolean {
  return address.match(ipaddr.IPv6.parse('64:ff9b::'), 96);
}

/** Which addresses a host may have: public ones, and any if the host is on the operator's list. */
export class AddressPolicy {
  private readonly names: ReadonlySet<string>;

  /** @param allow host names and IP addresses without port, `[::1]` or `::1`; `*` is every host */
  constructor(allow: readonly string[]) {
    this.names = new Set(allow.map(plainHost));
  }

  /**
   * Whether a connection to `address` for `host` may be opened. The port is not looked at: a site on port 8443 is as
   * good as one on 443, and what must not be reached is kept away by its address.
   */
  permits(host: string, address: string): boolean {
    return this.names.has('*') || this.names.has(plainHost(host)) || isPublicAddress(address);
  }

  /** False when the host is an IP address that may not be reached. A name is known only when it is resolved. */
  permitsLiteral(host: string): boolean {
    const plain = plainHost(host);
    return isIP(plain) === 0 || this.permits(plain, plain);
  }
}

/** One spelling of a host: lower case, without the brackets of IPv6 and the dot at the end. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
