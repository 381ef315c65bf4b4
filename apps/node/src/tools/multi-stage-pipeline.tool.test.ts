import { CapacityError } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { mkdtemp, readdir, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipelineResult } from '../datasets/pipeline/pipeline-result.js';
import { MultiStagePipelineTool } from './multi-stage-pipeline.tool.js';

const SAMPLES = fileURLToPath(new URL('../../../../data/', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-'));
  await writeFile(join(folder, 'wrong.csv'), 'a,b\n1\n2\n');
  await writeFile(join(folder, 'empty.csv'), '');
  await writeFile(join(folder, 'long.csv'), `a,b\n${'1,x\n2,y\n'.repeat(50_000)}`);
  // Sparse: the sizes are real, the blocks are not.
  await writeFile(join(folder, 'huge.csv'), 'a\n');
  await truncate(join(folder, 'huge.csv'), 67_108_865);
  await writeFile(join(folder, 'large.csv'), 'a\n');
  await truncate(join(folder, 'large.csv'), 67_108_864);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function make(dataDir = folder): MultiStagePipelineTool {
  return new MultiStagePipelineTool(new VirtualClock(), dataDir);
}

/** Files below the test's folder that this process holds open. */
async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(folder));
}

describe('multi_stage_pipeline', () => {
  it.each([
    ['measurements.csv', 540, 'station', ['harbour', 'old-town', 'forest']],
    ['events.ndjson', 400, 'level', ['info', 'warning', 'error']],
  ])('S09: works on the sample %s', async (input, rows, groupedBy, keys) => {
    const context = new RecordingContext();
    const { structuredContent, content } = await make(SAMPLES).multiStagePipeline({ input }, context);
    const result = pipelineResult.parse(structuredContent);
    expect(result).toMatchObject({ input, status: 'completed', groupedBy, problems: [] });
    expect(result.totals).toMatchObject({ rows, accepted: rows, rejected: 0, groups: 3 });
    expect(result.groups?.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(content[0]).toMatchObject({ type: 'text', text: expect.stringContaining(`# Report on ${input}`) as string });
    expect(context.detached).toBeUndefined();
  });

  it('S09: reports progress by weight, rising to 100', async () => {
    const context = new RecordingContext();
    await make().multiStagePipeline({ input: 'long.csv' }, context);
    const done = context.reports.map(({ progress }) => progress);
    expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(100);
    expect(context.reports.every(({ total }) => total === 100)).toBe(true);
    const transforming = context.reports.filter(({ message = '' }) => /^transform: \d+ of 100000 rows$/.test(message));
    expect(transforming.length).toBeGreaterThan(3);
    for (const { progress, message } of transforming) {
      const rows = Number(/\d+/.exec(message ?? '')?.[0]);
      // 80 % of the stage is reading rows; the rest is normalising them.
      expect(progress).toBeCloseTo(15 + 40 * 0.8 * (rows / 100_000), 1);
    }
  });

  it('S09: says which stage failed, with the structured result', async () => {
    const context = new RecordingContext();
    const returned = await make().multiStagePipeline({ input: 'wrong.csv' }, context);
    const message = 'expected at least half of the rows to be right, got 2 wrong rows of 2';
    expect(returned).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining(`stage validate: input: ${message}`) as string }],
    });
    expect(pipelineResult.parse(returned.structuredContent)).toMatchObject({
      status: 'failed',
      failedStage: 'validate',
      problems: [
        'line 2: expected 2 fields as in the header, got 1',
        'line 3: expected 2 fields as in the header, got 1',
      ],
    });
    expect(context.reports.some(({ progress }) => progress === 100)).toBe(false);
  });

  it.each([
    ['empty.csv', 'stage fetch: input: expected rows, got an empty file'],
    ['huge.csv', 'stage fetch: input: expected a file of at most 67108864 bytes (64 MiB), got 67108865 bytes'],
  ])('S09: refuses %s in the first stage', async (input, message) => {
    const context = new RecordingContext();
    const { content } = await make().multiStagePipeline({ input }, context);
    expect(content[0]).toMatchObject({ text: expect.stringContaining(message) as string });
    expect(context.detached).toBeUndefined();
  });

  it.each([
    ['../wrong.csv', 'input: expected a CSV or NDJSON file below the data folder'],
    ['notes.txt', 'input: expected a CSV or NDJSON file below the data folder'],
    ['missing.ndjson', 'input: no file "missing.ndjson" in the data folder'],
  ])('S09: refuses %s naming the field', async (input, message) => {
    await expect(make().multiStagePipeline({ input }, new RecordingContext())).rejects.toThrow(message);
  });

  it('S13: goes on as a task with a file above 8 MiB', async () => {
    const context = new RecordingContext();
    await make().multiStagePipeline({ input: 'large.csv' }, context);
    expect(context.detached).toEqual({ statusMessage: 'working on large.csv' });
  });

  it('S20: holds two of the largest files at a time, and forgets them when they end', async () => {
    const tool = make();
    const held = [1, 2].map(() => {
      const context = new HeldContext();
      return { context, call: tool.multiStagePipeline({ input: 'large.csv' }, context) };
    });
    await Promise.all(held.map(({ context }) => context.reached));
    const refused = tool.multiStagePipeline({ input: 'long.csv' }, new RecordingContext());
    await expect(refused).rejects.toBeInstanceOf(CapacityError);
    for (const { context, call } of held) {
      context.release();
      await call.catch(() => undefined);
    }
    await expect(tool.multiStagePipeline({ input: 'long.csv' }, new RecordingContext())).resolves.toMatchObject({
      structuredContent: { status: 'completed' },
    });
  });

  describe.runIf(process.platform === 'linux')('leaves no file open', () => {
    const stages = ['fetch', 'validate', 'transform', 'aggregate'];
    it.each(stages)('S16: when it is cancelled during %s', async (stage) => {
      const context = new RecordingContext();
      context.onBreathe = () => {
        if (context.reports.at(-1)?.message?.startsWith(stage) === true) context.cancel();
      };
      const work = make().multiStagePipeline({ input: 'long.csv' }, context);
      await expect(work).rejects.toThrow('cancelled by the test');
      expect(context.reports.at(-1)?.message).toMatch(new RegExp(`^${stage}`));
      expect(await openFiles()).toEqual([]);
    });

    it.each(['long.csv', 'wrong.csv', 'empty.csv', 'huge.csv'])('S09: after %s', async (input) => {
      await make().multiStagePipeline({ input }, new RecordingContext());
      expect(await openFiles()).toEqual([]);
    });
  });
});

/** Stops at `detach` until it is released, and is cancelled then. */
class HeldContext extends RecordingContext {
  readonly reached: Promise<void>;
  readonly release: () => void;
  private readonly reach: () => void;
  private readonly released: Promise<void>;

  constructor() {
    super();
    const reached = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    this.reached = reached.promise;
    this.reach = () => {
      reached.resolve(undefined);
    };
    this.released = released.promise;
    this.release = () => {
      released.resolve(undefined);
    };
  }

  override async detach(): Promise<void> {
    this.reach();
    await this.released;
    this.cancel();
    this.throwIfCancelled();
  }
}
