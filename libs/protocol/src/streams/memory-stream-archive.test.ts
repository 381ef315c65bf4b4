import { VirtualClock } from '@mcp-cluster/testkit';
import {
  streamArchiveBoundsContract,
  streamArchiveContract,
  streamArchiveLossContract,
  streamArchiveProperty,
  type OpenStreamArchive,
} from '@mcp-cluster/testkit/contracts';
import { describe, expect, it } from 'vitest';
import { MemoryStreamArchive } from './memory-stream-archive.js';

const open: OpenStreamArchive = (limits) => {
  const clock = new VirtualClock();
  const archive = new MemoryStreamArchive(clock, limits);
  return Promise.resolve({
    node: (owner) => Promise.resolve(archive.as(owner)),
    loseLease: (owner) => {
      archive.lose(owner);
      return Promise.resolve();
    },
    loseAll: () => {
      archive.clear();
      return Promise.resolve();
    },
    snapshot: () => {
      const back = archive.snapshot();
      return Promise.resolve(() => {
        back();
        return Promise.resolve();
      });
    },
    elapse: (ms) => clock.advance(ms),
  });
};

streamArchiveContract('memory', open);
streamArchiveLossContract('memory', open);
streamArchiveBoundsContract('memory', open);
streamArchiveProperty('memory', open, 200);

describe('memory: streams of many sessions', () => {
  it('S4: the streams that were written longest ago go first', async () => {
    const archive = new MemoryStreamArchive(new VirtualClock());
    const node = archive.as('a/1');
    const birth = (n: number) => ({ session: 's', stream: `c${String(n)}`, request: undefined, requestId: n });
    const add = (n: number) => node.append({ birth: birth(n), epoch: 1, after: 0, events: [], lostUpTo: 0 });
    for (let n = 0; n < 10_000; n += 1) await add(n);
    await add(0);
    await add(10_000);
    expect(await node.read('s', 'c1', 0)).toBeUndefined();
    expect([await node.read('s', 'c0', 0), await node.read('s', 'c10000', 0)]).not.toContain(undefined);
  });
});
