/** One contestant in a process of its own: does one job and prints what it measured. Started by drive.ts. */
import { systemClock } from '@mcp-cluster/kernel';
import { contestant, type ContestantName } from './contestant.ts';
import { check, cutShort, fullDisk, writeForEver } from './faults.ts';
import { bytesMaker, idOf, tagsOf, work, type WorkJob } from './work.ts';

export type SubjectJob =
  | ({ readonly do: 'work' } & WorkJob)
  | { readonly do: 'fill'; readonly directory: string; readonly maxBytes: number; readonly entries: number }
  | { readonly do: 'open' | 'check' | 'write'; readonly directory: string; readonly maxBytes: number }
  | { readonly do: 'full' | 'cut'; readonly directory: string };

const [name, text] = process.argv.slice(2) as [ContestantName, string];
const job = JSON.parse(text) as SubjectJob;
const open = await contestant(name);
const result = await perform();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

async function perform(): Promise<object> {
  switch (job.do) {
    case 'work':
      return work(open, job);
    case 'fill':
      return fill(job.directory, job.maxBytes, job.entries);
    case 'open':
      return timeOpening(job.directory, job.maxBytes);
    case 'check':
      return check(open, job.directory, job.maxBytes);
    case 'write':
      await writeForEver(open, job.directory, job.maxBytes);
      return {};
    case 'full':
      return fullDisk(open, job.directory);
    case 'cut':
      return cutShort(open, job.directory);
  }
}

async function fill(directory: string, maxBytes: number, entries: number): Promise<object> {
  const store = await open(directory, maxBytes);
  const bytesOf = bytesMaker(20_000);
  for (let at = 0; at < entries; at += 8)
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => store.set(idOf(at + n), tagsOf(at), bytesOf(at + n))));
  await store.close();
  return {};
}

/** Until the first entry is there. */
async function timeOpening(directory: string, maxBytes: number): Promise<{ openMs: number; residentMiB: number }> {
  const began = systemClock.monotonic();
  const store = await open(directory, maxBytes);
  if ((await store.get(idOf(100))) === undefined) throw new Error('nothing is there after a restart');
  const openMs = systemClock.monotonic() - began;
  const residentMiB = process.memoryUsage.rss() / 1024 ** 2;
  await store.close();
  return { openMs, residentMiB };
}
