import { VirtualClock } from '@mcp-cluster/testkit';
import { claimed, entryOf, ledgerContract, ledgerProperty, type OpenLedger } from '@mcp-cluster/testkit/contracts';
import { expect, it } from 'vitest';
import { LEDGER_KEEP_MS } from './ledger.js';
import { MemoryLedger } from './memory-ledger.js';

const open: OpenLedger = (limits) => {
  const clock = new VirtualClock();
  const leases = new Set<string>();
  const ledger = new MemoryLedger(clock, limits);
  return Promise.resolve({
    node: (owner) => {
      leases.add(owner);
      return Promise.resolve(ledger.as({ owner, alive: (other) => leases.has(other) }));
    },
    loseLease: (owner) => Promise.resolve(void leases.delete(owner)),
    elapse: (ms) => clock.advance(ms),
  });
};

ledgerContract('memory', open);
ledgerProperty('memory', open, 500);

it('a process alone holds its lease as long as it lives, and forgets what has expired', async () => {
  const clock = new VirtualClock();
  const ledger = new MemoryLedger(clock);
  for (const key of ['1', '2', '3']) {
    const entry = entryOf(key);
    await ledger.settle(entry, await claimed(ledger, entry), '1');
  }
  await clock.advance(LEDGER_KEEP_MS);
  await claimed(ledger, entryOf('4'));
  expect(ledger.size).toBe(1);
});
