import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDER = new URL('../../../docs/recordings/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const LONG = ['echo', 'run_analysis', 'analyze_dataset', 'multi_stage_pipeline', 'crawl_sitemap', 'process_large_file'];
const JOBS = ['start_job', 'check_status', 'cancel_job'];

/** A state of the live line: when, then a bar or a spinner, at its end the elapsed time. */
const FRAME = /^ +\d+\.\d\d s {2}(?:\[█*░*\] {1,3}\d+ %|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]).* · [\d.]+ (?:ms|s|min \d+ s)$/;

const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

describe('S18: the recordings of the terminal client', () => {
  it('are there for each tool, for a log and for a task', () => {
    const expected = [...LONG, ...JOBS, 'logs', 'task'].map((name) => `${name}.txt`);
    expect(FILES.toSorted()).toEqual(expected.toSorted());
  });

  it.each([...LONG, 'logs', 'task'])('%s: the line moves while the work goes on', (name) => {
    const frames = read(`${name}.txt`)
      .split('\n')
      .filter((line) => FRAME.test(line));
    expect(frames.length).toBeGreaterThanOrEqual(4);
    expect(frames.some((line) => line.includes('100 %') || line.includes('task completed'))).toBe(true);
  });

  it.each(FILES)('%s: the command, its timings, and nothing of the machine', (name) => {
    const text = read(name);
    expect(text).toMatch(/^\$ npm run mcp -- (?:call|read) /m);
    expect(text).toMatch(/^connected in .+ · total .+ progress events?/m);
    expect(text).not.toMatch(/127\.0\.0\.1:|\/(?:root|home|Users|tmp|work)\//);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });
});
