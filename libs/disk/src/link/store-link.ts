import type { StoreAsk, StoreOrder, StoreReply } from '../store/store-request.js';

/** The way to a store. What is asked is answered in the order in which it was asked. */
export interface StoreLink {
  /** Rejects when the store is lost: its thread has ended. */
  call<K extends StoreOrder>(order: K, ask: StoreAsk<K>): Promise<StoreReply<K>>;
  /** False when nothing will be answered any more; another link has to be made then. */
  readonly alive: boolean;
  /** Ends it, whatever it does. */
  end(): Promise<void>;
}
