import { DiskTier, StoreServer, type StoreLink } from '@mcp-cluster/disk';
import { Background, systemClock } from '@mcp-cluster/kernel';
import type { Contestant } from './contestant.ts';

/** Longer than any run. */
const LIFE_MS = 3_600_000;

/** The level as it is shipped: node:sqlite in a thread of its own. */
export function openInThread(directory: string, maxBytes: number): Promise<Contestant> {
  return open(directory, maxBytes);
}

/** The same code in the thread that serves. */
export function openHere(directory: string, maxBytes: number): Promise<Contestant> {
  const server = new StoreServer();
  const link: StoreLink = {
    alive: true,
    call: (order, ask) => Promise.resolve(server.answer(order, ask)),
    end: () => Promise.resolve(),
  };
  return open(directory, maxBytes, () => link);
}

async function open(directory: string, maxBytes: number, connect?: () => StoreLink): Promise<Contestant> {
  const background = new Background((name, error) => {
    console.error(name, error);
  });
  const tier = await DiskTier.open({
    directory,
    maxBytes,
    clock: systemClock,
    background,
    ...(connect && { connect }),
  });
  let version = 1;
  return {
    get: (id) => tier.get(id),
    set: (id, tags, bytes) => {
      const until = systemClock.now() + LIFE_MS;
      const times = { freshUntil: until, staleUntil: until, errorUntil: until };
      version += 1;
      const meta = { id, tags, born: version, type: 'resource', space: 'bench', scope: 'public', owner: '' } as const;
      return tier.set({ ...meta, ...times }, bytes);
    },
    invalidate: async (tag) => {
      await tier.invalidate([tag], (version += 1));
    },
    close: () => tier.close(),
  };
}
