import type { FencedRegister, RegisteredValue } from '@mcp-cluster/cluster';
import type { Store } from '../connection/store.js';
import { READ_FENCED, WRITE_FENCED } from './lease.scripts.js';
import { tokenKey } from './redis-leadership.js';

/** A register in Redis that only the newest leader can write, from the moment its term begins. */
export class FencedValue implements FencedRegister {
  /** @param name of what it holds, for example `size` */
  constructor(
    private readonly store: Store,
    private readonly name: string,
  ) {}

  async write(token: number, json: string): Promise<boolean> {
    return (await this.store.run(WRITE_FENCED, [this.key, tokenKey(this.store)], [token, json])) === 1;
  }

  async read(): Promise<RegisteredValue | undefined> {
    const [token, json] = (await this.store.run(READ_FENCED, [this.key], [])) as (string | null)[];
    if (typeof token !== 'string' || typeof json !== 'string') return undefined;
    return { token: Number(token), json };
  }

  private get key(): string {
    return this.store.key('fenced', this.name);
  }
}
