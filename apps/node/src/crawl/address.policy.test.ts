import { describe, expect, it } from 'vitest';
import { AddressPolicy, isPublicAddress } from './address.policy.js';

/** The first and last address of each range that must not be reached, and what hides one. */
const CLOSED = [
  ['127/8', '127.0.0.0', '127.0.0.1', '127.255.255.255'],
  ['10/8', '10.0.0.0', '10.255.255.255'],
  ['172.16/12', '172.16.0.0', '172.31.255.255'],
  ['192.168/16', '192.168.0.0', '192.168.255.255'],
  ['169.254/16', '169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ['unspecified 0/8', '0.0.0.0', '0.255.255.255'],
  ['carrier NAT 100.64/10', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  ['benchmarks', '198.18.0.0', '198.19.255.255', '2001:2::1'],
  ['6to4 relays', '192.88.99.1'],
  ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
  ['reserved', '240.0.0.1', '255.255.255.255'],
  ['a platform', '168.63.129.16'],
  ['::1', '::1'],
  ['unspecified', '::'],
  ['fc00::/7', 'fc00::', 'fd00:ec2::254', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::/10', 'fe80::1', 'febf:ffff::1', 'fe80::1%eth0'],
  ['site-local', 'fec0::1'],
  ['mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254'],
  ['compatible', '::127.0.0.1', '::7f00:1', '::10.0.0.1'],
  ['translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1'],
  ['6to4', '2002:7f00:1::', '2002:808:808::1'],
  ['Teredo', '2001::1', '2001:0:7f00:1::'],
  ['not given out', '4000::1', '5f00::1', '100::1', '1::1'],
  ['what is no address', '', 'localhost', '0x7f.1', '2130706433', '127.1', '010.0.0.1', '::ffff:0x7f.1'],
].flatMap(([range = '', ...addresses]) => addresses.map((address): [string, string] => [address, range]));

describe('isPublicAddress', () => {
  it.each(CLOSED)('S10: O1: %j is not public (%s)', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2606:2800:220:1:248:1893:25c8:1946',
    '2a00:1450:4001::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('S10: O1: %s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('AddressPolicy', () => {
  it('S10: a host on the list may have any address, on any port, others may not', () => {
    const policy = new AddressPolicy(['Intra.example', '[::1]', '127.0.0.1']);
    expect(policy.permits('intra.example', '10.0.0.1')).toBe(true);
    expect(policy.permits('intra.example.', '10.0.0.1')).toBe(true);
    expect(policy.permits('sub.intra.example', '10.0.0.1')).toBe(false);
    expect(policy.permits('example.com', '10.0.0.1')).toBe(false);
    expect(policy.permits('example.com', '8.8.8.8')).toBe(true);
    expect(policy.permitsLiteral('[::1]')).toBe(true);
    expect(policy.permitsLiteral('127.0.0.1')).toBe(true);
    expect(policy.permitsLiteral('127.0.0.2')).toBe(false);
  });

  it('S10: an allowed address does not allow a name that has it', () => {
    expect(new AddressPolicy(['127.0.0.1']).permits('evil.example', '127.0.0.1')).toBe(false);
  });

  it('S10: * allows every host', () => {
    expect(new AddressPolicy(['*']).permits('anything', '127.0.0.1')).toBe(true);
  });
});
