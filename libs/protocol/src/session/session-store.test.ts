import { sessionStoreContract } from '@mcp-cluster/testkit/contracts';
import { MemorySessionStore, type SessionStore } from './session-store.js';

sessionStoreContract('memory', () => {
  let store: SessionStore = new MemorySessionStore();
  const view: SessionStore = {
    load: (id) => store.load(id),
    setLogLevel: (id, level, lifeMs) => store.setLogLevel(id, level, lifeMs),
    subscribe: (id, uri, on, lifeMs) => store.subscribe(id, uri, on, lifeMs),
    end: (id, lifeMs) => store.end(id, lifeMs),
    touch: (sessions) => store.touch(sessions),
  };
  const loseAll = (): Promise<void> => {
    store = new MemorySessionStore();
    return Promise.resolve();
  };
  return Promise.resolve({ first: view, second: view, loseAll });
});
