import { Background, errorCode } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { tierBytes, tierMeta } from '@mcp-cluster/testkit/contracts';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiskState } from './disk-state.js';
import { DiskTier } from './disk.tier.js';
import type { StoreLink } from './link/store-link.js';
import type { StoreAsk, StoreOrder, StoreReply } from './store/store-request.js';
import type { Database } from './store/store-file.js';
import { StoreServer } from './store/store-server.js';

/** A database whose disk fails when it is told to: every statement ends with SQLite's result code. */
class FaultyDisk {
  /** 0 for none. */
  errcode = 0;
  opened = 0;
  readonly open = (file: string): Database => {
    this.opened += 1;
    this.check();
    const database = new DatabaseSync(file, { timeout: 0 });
    return {
      exec: (sql) => {
        this.check();
        database.exec(sql);
      },
      prepare: (sql) => this.faulty(database.prepare(sql)),
      close: () => {
        database.close();
      },
    };
  };

  private faulty(statement: StatementSync): StatementSync {
    return new Proxy(statement, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...values: unknown[]): unknown => {
          this.check();
          return member.apply(target, values) as unknown;
        };
      },
    });
  }

  private check(): void {
    if (this.errcode !== 0) throw Object.assign(new Error('at /home/somebody'), { errcode: this.errcode });
  }
}

/** A store in this thread, that can be held and lost. */
class LocalLink implements StoreLink {
  alive = true;
  private readonly held: (() => void)[] = [];
  private holding = false;

  constructor(private readonly server: StoreServer) {}

  async call<K extends StoreOrder>(order: K, ask: StoreAsk<K>): Promise<StoreReply<K>> {
    if (!this.alive) throw new Error('lost');
    if (this.holding) await new Promise<void>((resolve) => this.held.push(resolve));
    return this.server.answer(order, ask);
  }
  hold(): void {
    this.holding = true;
  }
  release(): void {
    this.holding = false;
    for (const go of this.held.splice(0)) go();
  }
  lose(): void {
    this.server.answer('close', {});
    this.alive = false;
  }
  end(): Promise<void> {
    this.alive = false;
    return Promise.resolve();
  }
}

describe('experiment 20: a disk that fails', () => {
  let directory: string;
  let clock: VirtualClock;
  let disk: FaultyDisk;
  let links: LocalLink[];
  let states: DiskState[];
  let tier: DiskTier;

  const open = (): Promise<DiskTier> => {
    const background = new Background((name, error) => {
      throw new Error(name, { cause: error });
    });
    const connect = (): LocalLink => {
      const link = new LocalLink(new StoreServer(disk.open));
      links.push(link);
      return link;
    };
    const onState = (state: DiskState): void => {
      states.push(state);
    };
    return DiskTier.open({ directory, maxBytes: 10_000_000, clock, background, connect, onState });
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'disk-faults-'));
    clock = new VirtualClock();
    disk = new FaultyDisk();
    [links, states] = [[], []];
  });
  afterEach(async () => {
    disk.errcode = 0;
    links.at(-1)?.release();
    await tier.close();
    rmSync(directory, { recursive: true });
  });

  const set = (id: string, born = 1_000): Promise<boolean> =>
    tier.set(tierMeta(id, clock.now(), { born }), tierBytes(100));
  const outcome = (work: Promise<unknown>): Promise<unknown> => work.then((value) => value, errorCode);

  it.each([
    [13, 'full'],
    [8, 'read-only'],
    [778, 'input/output error'],
    [14, 'permission denied'],
    [1, 'failed'],
  ])(
    'result code %i: no call is answered or waits, it is said once, and it works again when the disk does',
    async (errcode, reason) => {
      tier = await open();
      await set('id');
      disk.errcode = errcode;
      const calls = [tier.get('id'), set('other'), tier.delete('id'), tier.size(), tier.get('id')];
      expect(await Promise.all(calls.map(outcome))).toEqual(Array(5).fill('disk_failing'));
      expect(await tier.invalidate(['id'], 5_000)).toBe(5_000);
      await clock.advance(600_000);
      expect(await outcome(tier.get('id'))).toBe('disk_failing');
      expect(states).toEqual([{ state: 'ok' }, { state: 'failing', reason }]);
      // At 1, 2, 4 … seconds, then once a minute.
      expect(disk.opened).toBeLessThan(18);
      disk.errcode = 0;
      await clock.advance(60_000);
      expect(states.slice(2)).toEqual([{ state: 'ok' }]);
      expect(await tier.get('id')).toBeUndefined();
      expect([await set('id', 5_000), await set('id', 5_001)]).toEqual([false, true]);
      expect(await tier.get('id')).toEqual(tierBytes(100));
    },
  );

  it('opens on a disk that fails from the start, and says what it was', async () => {
    disk.errcode = 13;
    tier = await open();
    expect(states).toEqual([{ state: 'off', reason: 'full' }]);
    expect(await outcome(set('id'))).toBe('disk_failing');
    disk.errcode = 10;
    await clock.advance(1_000);
    disk.errcode = 0;
    await clock.advance(2_000);
    expect(states.slice(1)).toEqual([{ state: 'off', reason: 'input/output error' }, { state: 'ok' }]);
    expect(await set('id')).toBe(true);
  });

  it('experiment 19: a damaged database is emptied, and refuses what is older than what was heard of', async () => {
    tier = await open();
    await set('id');
    await tier.invalidate(['red'], 5_000);
    disk.errcode = 11;
    expect(await outcome(tier.get('id'))).toBe('disk_failing');
    expect(existsSync(join(directory, 'cache-level.sqlite'))).toBe(false);
    disk.errcode = 0;
    await clock.advance(1_000);
    expect(states.slice(1)).toEqual([{ state: 'failing', reason: 'damaged' }, { state: 'ok' }]);
    expect([await tier.get('id'), await set('id', 4_999), await set('id', 5_001)]).toEqual([undefined, false, true]);
  });

  it('nobody waits for a disk that hangs, it is left alone while it is silent, and works when it answers', async () => {
    tier = await open();
    await set('id');
    links[0]?.hold();
    const slow = outcome(tier.get('id'));
    await clock.advance(250);
    expect(await slow).toBe('disk_failing');
    expect(states).toHaveLength(1);
    const invalidated = tier.invalidate(['id'], 5_000);
    await clock.advance(2_000);
    expect(await invalidated).toBe(5_000);
    const late = outcome(tier.get('id'));
    await clock.advance(250);
    expect(await late).toBe('disk_failing');
    expect(states.slice(1)).toEqual([{ state: 'failing', reason: 'does not answer' }]);
    expect(await outcome(tier.get('id'))).toBe('disk_failing');
    await clock.advance(60_000);
    expect(states).toHaveLength(2);
    links[0]?.release();
    await clock.advance(0);
    await clock.advance(0);
    expect(states.slice(2)).toEqual([{ state: 'ok' }]);
    expect(await tier.get('id')).toBeUndefined();
  });

  it('refuses at once when too many wait for it, but remembers what was invalidated', async () => {
    tier = await open();
    links[0]?.hold();
    const waiting = Array.from({ length: 256 }, () => outcome(tier.get('id')));
    expect(await outcome(tier.get('id'))).toBe('disk_busy');
    expect(await outcome(set('id'))).toBe('disk_busy');
    const invalidated = tier.invalidate(['id'], 5_000);
    links[0]?.release();
    expect(await Promise.all(waiting)).toEqual(Array(256).fill(undefined));
    await invalidated;
    expect(await set('id', 5_000)).toBe(false);
  });

  it('makes another thread when the one of the store has ended', async () => {
    tier = await open();
    await set('id');
    links[0]?.lose();
    expect(await tier.get('id').then(() => 'answered', () => 'rejected')).toBe('rejected'); // prettier-ignore
    expect(states.slice(1)).toEqual([{ state: 'failing', reason: 'failed' }]);
    await clock.advance(1_000);
    expect(links).toHaveLength(2);
    expect(await tier.get('id')).toEqual(tierBytes(100));
  });
});
