import { VirtualClock } from '@mcp-cluster/testkit';
import { sharedTaskStoreContract, taskStoreContract, type OpenTaskStore } from '@mcp-cluster/testkit/contracts';
import { SharedTasks } from '@mcp-cluster/testkit/protocol';
import { MemoryTaskStore } from './task-store.js';

taskStoreContract('memory', (limits) => {
  const store = new MemoryTaskStore(limits);
  const nothing = (): Promise<void> => Promise.resolve();
  return Promise.resolve({
    node: () => Promise.resolve(store),
    loseLease: nothing,
    loseAll: nothing,
    elapse: nothing,
  });
});

/** The fake of the tests of several nodes is held to what it stands for. */
const openShared: OpenTaskStore = (limits) => {
  const clock = new VirtualClock();
  const tasks = new SharedTasks(clock, limits);
  return Promise.resolve({
    node: (owner) => Promise.resolve(tasks.node(owner)),
    loseLease: (owner) => Promise.resolve(void tasks.leases.delete(owner)),
    loseAll: () => {
      tasks.entries.clear();
      tasks.leases.clear();
      return Promise.resolve();
    },
    elapse: (ms) => clock.advance(ms),
  });
};
taskStoreContract('shared fake', openShared);
sharedTaskStoreContract('shared fake', openShared);
