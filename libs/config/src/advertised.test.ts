import { describe, expect, it } from 'vitest';
import { advertisedOrigins } from './advertised.js';
import { readNodeConfig } from './node.config.js';

const PORTS = { mcp: 4001, management: 4002 };
const MACHINE = [
  { address: '127.0.0.1', family: 'IPv4', internal: true },
  { address: 'fe80::1', family: 'IPv6', internal: false, scopeid: 2 },
  { address: 'fd00::7', family: 'IPv6', internal: false, scopeid: 0 },
  { address: '10.0.0.7', family: 'IPv4', internal: false },
];

const origins = (argv: string[], machine = MACHINE) => {
  const { origin, managementOrigin } = advertisedOrigins(readNodeConfig(argv, {}), PORTS, machine);
  return [origin, managementOrigin];
};

describe('what a node registers', () => {
  it('is where it listens, with the ports that it got', () => {
    expect(origins([])).toEqual(['http://127.0.0.1:4001', 'http://127.0.0.1:4002']);
    expect(origins(['--host', 'fd00::9', '--management-host', '10.0.0.9'])).toEqual([
      'http://[fd00::9]:4001',
      'http://10.0.0.9:4002',
    ]);
  });

  it('is an address of the machine where it listens on all of them', () => {
    expect(origins(['--host', '0.0.0.0'])).toEqual(['http://10.0.0.7:4001', 'http://10.0.0.7:4002']);
    expect(origins(['--host', '::'], MACHINE.slice(0, 3))[0]).toBe('http://[fd00::7]:4001');
    // An IPv6 address would not answer: 0.0.0.0 listens on IPv4 only.
    expect(origins(['--host', '0.0.0.0'], MACHINE.slice(0, 3))[0]).toBe('http://127.0.0.1:4001');
  });

  it('is what --advertise says, with the management port on the same host', () => {
    const argv = ['--host', '0.0.0.0', '--management-host', '0.0.0.0', '--advertise', 'http://node-7.example:80'];
    expect(origins(argv)).toEqual(['http://node-7.example', 'http://node-7.example:4002']);
  });
});
