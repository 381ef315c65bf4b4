import type { MarkHolder, MarkStore } from '@mcp-cluster/protocol';
import type { Script, Store } from '../connection/store.js';

/** KEYS: mark. ARGV: holder, milliseconds to keep it, '1' when the holder comes again. */
const TAKE: Script = {
  name: 'mark-take',
  source: `if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if ARGV[3] == '1' and redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0`,
};

/** KEYS: mark. */
const RELEASE: Script = { name: 'mark-release', source: `return redis.call('DEL', KEYS[1])` };

/** The one-time marks of a cluster. Each goes by itself when what it marks has expired. */
export class RedisMarkStore implements MarkStore {
  constructor(private readonly store: Store) {}

  async take(mark: string, lifeMs: number, { holder, again }: MarkHolder): Promise<boolean> {
    const args = [holder, Math.max(1, Math.ceil(lifeMs)), again ? 1 : 0];
    return (await this.store.run(TAKE, [this.key(mark)], args)) === 1;
  }

  async release(mark: string): Promise<void> {
    await this.store.run(RELEASE, [this.key(mark)], []);
  }

  private key(mark: string): string {
    return this.store.key('mark', mark);
  }
}
