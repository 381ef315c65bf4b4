/** A process of the benchmark: does one work with one cache, as its only argument says, and tells its parent what it found. */
import { contestants } from './contestants.ts';
import type { Disturbed, Found, Task } from './plan.ts';
import { callersOf, openForStampede, stampede, workStampede } from './work-stampede.ts';
import { workHit } from './work-hit.ts';
import { workL2, workMiss } from './work-shared.ts';
import type { Contestant } from './contestant.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const contestant = contestants().find(({ name }) => name === task.contestant);
if (contestant === undefined) throw new Error(`no cache named ${task.contestant}`);
if (task.work === 'cluster') await takePart(contestant);
else process.send?.(await work(contestant));
// Clients of Redis may have timers left.
process.disconnect?.();
process.exit(0);

function work(contestant: Contestant): Promise<Found | Disturbed> {
  switch (task.work) {
    case 'l2':
      return workL2(contestant, task);
    case 'miss':
      return workMiss(contestant, task);
    case 'stampede':
      return workStampede(contestant, task);
    default:
      return workHit(contestant, task);
  }
}

/** The parent says when: it sends the number of a round to all processes at once, and -1 at the end. */
async function takePart(contestant: Contestant): Promise<void> {
  const place = Number(process.argv[3] ?? 0);
  const cache = await openForStampede(contestant, task, `node-${String(place)}`);
  process.send?.('ready');
  await new Promise<void>((resolve, reject) => {
    process.on('message', (round: number) => {
      if (round === -1) resolve();
      else stampede(cache, round, callersOf(place), task.size).then((found) => process.send?.(found), reject);
    });
  });
  await cache.close();
}
