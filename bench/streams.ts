/**
 * `npm run bench -- streams [--quick] [--only rows,log,idle,stalled,chatty] [--repeats N]`: what streams cost and
 * what slow readers do to others. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { describeMachine, prepareMachine } from './harness/machine.ts';
import { readOptions, selected } from './harness/options.ts';
import { streamsMarkdown, streamsReport, type StreamsMeasured } from './report/streams-report.ts';
import { writeReport } from './report/write-report.ts';
import { measureBigLog } from './streams/big-log.ts';
import { measureChatty } from './streams/chatty.ts';
import { measureIdle } from './streams/idle.ts';
import { measureRows } from './streams/rows.ts';
import { measureStalled, type ReadersRun } from './streams/stalled.ts';

const options = readOptions();
prepareMachine();
const takenAt = new Date(systemClock.now()).toISOString();
const measured: StreamsMeasured = {};
const quick = options.trial && options.only.length === 0;

/** A power of ten, as file sizes are said: 1 GB. */
const LOG_BYTES = quick ? 50_000_000 : 1_000_000_000;
const STREAMS = 1_000;
const STALLED = { streams: 100, events: 10_000 };

const parts = [
  {
    name: 'rows',
    run: async () => {
      measured.rows = await measureRows(quick ? 20 : 300);
    },
  },
  {
    name: 'log',
    run: async () => {
      measured.log = await measureBigLog(LOG_BYTES, options.repeats);
    },
  },
  {
    name: 'idle',
    run: async () => {
      measured.idle = await measureIdle(STREAMS);
    },
  },
  {
    name: 'stalled',
    run: async () => {
      const repeats: ReadersRun[][] = [];
      for (let repeat = 0; repeat < options.repeats; repeat += 1)
        repeats.push(await measureStalled(STALLED.streams, STALLED.events));
      measured.readers = repeats;
    },
  },
  {
    name: 'chatty',
    run: async () => {
      measured.chatty = await measureChatty(quick ? 3 : 10);
    },
  },
];

for (const { name, run } of selected(parts, options.only)) {
  console.log(`measuring ${name}`);
  await run();
}
const report = streamsReport(measured, { takenAt, machine: describeMachine() });
writeReport('streams', report, streamsMarkdown(report), options.trial);
