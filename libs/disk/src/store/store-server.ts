import { DiskStore } from './disk-store.js';
import { faultOf, StoreFault } from './store-fault.js';
import { removeFile, type OpenDatabase } from './store-file.js';
import type { StoreAnswer, StoreAsk, StoreOrder, StoreReply } from './store-request.js';

type Handlers = { readonly [K in StoreOrder]: (ask: StoreAsk<K>) => StoreAnswer<K> };

/**
 * Answers what is asked of the store, in the order in which it is asked. A fault leaves it closed, and `open` opens it
 * again: what a database that has failed still believes about its file is not worth knowing.
 */
export class StoreServer {
  private store: DiskStore | undefined;
  private directory = '';
  private readonly openDatabase: OpenDatabase | undefined;

  /** @param openDatabase tests give one whose disk fails */
  constructor(openDatabase?: OpenDatabase) {
    this.openDatabase = openDatabase;
  }

  private readonly handlers: Handlers = {
    open: (settings) => {
      this.close();
      this.directory = settings.directory;
      this.store = new DiskStore(settings, this.openDatabase);
      return { made: this.store.made, newest: this.store.newest };
    },
    get: ({ id, now }) => this.opened().get(id, now),
    set: ({ now, ...entry }) => this.opened().set(entry, now),
    delete: ({ id }) => this.opened().delete(id),
    invalidate: ({ now, ...what }) => {
      this.opened().invalidate(what, now);
      return undefined;
    },
    tend: ({ now }) => this.opened().tend(now),
    size: () => this.opened().size(),
    close: () => {
      this.close();
      return undefined;
    },
  };

  /** Never throws. */
  answer<K extends StoreOrder>(order: K, ask: StoreAsk<K>): StoreReply<K> {
    try {
      return { answer: this.handlers[order](ask) };
    } catch (thrown) {
      const fault = faultOf(thrown);
      this.close();
      return { fault: fault === 'damaged' ? this.empty() : fault };
    }
  }

  private opened(): DiskStore {
    if (this.store === undefined) throw new StoreFault('closed');
    return this.store;
  }

  /** A broken store is removed: the next one begins empty. */
  private empty(): 'damaged' | ReturnType<typeof faultOf> {
    try {
      removeFile(this.directory);
      return 'damaged';
    } catch (thrown) {
      return faultOf(thrown);
    }
  }

  private close(): void {
    try {
      this.store?.close();
    } catch {
      // A disk that fails fails here too; the file's lock is gone with it either way.
    }
    this.store = undefined;
  }
}
