import { VirtualClock } from '@mcp-cluster/testkit';
import { markStoreContract } from '@mcp-cluster/testkit/contracts';
import { MemoryMarkStore } from './mark-store.js';

markStoreContract('memory', () => {
  const clock = new VirtualClock();
  const store = new MemoryMarkStore(clock);
  return Promise.resolve({ first: store, second: store, elapse: (ms) => clock.advance(ms) });
});
