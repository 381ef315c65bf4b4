/**
 * `npm run bench -- entries [--quick] [--only compressors,entries,formats] [--repeats N]`: what an entry of the cache
 * costs on its way out of a process and back, on answers of the product's own tools. See docs/benchmarks/README.md.
 */
import { systemClock } from '@mcp-cluster/kernel';
import { measureCompressors } from './entries/compressors.ts';
import { measureEntries } from './entries/codec.ts';
import { measureFormats } from './entries/formats.ts';
import { MISSING } from './entries/peers.ts';
import { collectSamples } from './entries/samples.ts';
import { describeMachine } from './harness/machine.ts';
import { readOptions, selected } from './harness/options.ts';
import { entriesMarkdown, entriesReport, type EntriesMeasured } from './report/entries-report.ts';
import { writeReport } from './report/write-report.ts';

const options = readOptions();
const takenAt = new Date(systemClock.now()).toISOString();
// Not pinned to a core: large entries are compressed on the thread pool, beside this thread.
const samples = await collectSamples();
const measured: EntriesMeasured = { missing: MISSING };

const parts = [
  {
    name: 'entries',
    run: async () => {
      measured.entries = await measureEntries(samples, options.repeats);
    },
  },
  {
    name: 'compressors',
    run: async () => {
      measured.compressors = await measureCompressors(samples);
    },
  },
  {
    name: 'formats',
    run: async () => {
      measured.formats = await measureFormats(samples);
    },
  },
];

for (const { name, run } of selected(parts, options.only)) {
  console.log(`measuring ${name}`);
  await run();
}
const report = entriesReport(measured, { takenAt, machine: describeMachine() });
writeReport('entries', report, entriesMarkdown(report), options.trial);
