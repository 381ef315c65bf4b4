import { seededRng } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { collectDefinitions } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it, vi } from 'vitest';
import { RowSource } from './generated-rows.js';
import { RunAnalysisTool } from './run-analysis.tool.js';

const seedless = { rows: 1_000, range: 1_000, chunkSize: 200 };
const defaults = { ...seedless, seed: 7 };

function make(clock = new VirtualClock()): RunAnalysisTool {
  return new RunAnalysisTool(clock, seededRng(3));
}

describe('run_analysis', () => {
  it('S08: gives count, average, min and max of each category of the rows that the seed makes', async () => {
    const { structuredContent } = await make().runAnalysis(defaults, new RecordingContext());
    const source = new RowSource(7, 1_000);
    const rows = Array.from({ length: 1_000 }, () => source.next());
    for (const category of ['A', 'B', 'C'] as const) {
      const values = rows.filter((row) => row.category === category).map((row) => row.value);
      expect(values.length).toBeGreaterThan(200);
      expect(structuredContent.categories[category]).toEqual({
        count: values.length,
        average: values.reduce((sum, value) => sum + value, 0) / values.length,
        min: Math.min(...values),
        max: Math.max(...values),
      });
    }
  });

  it('S08: tells rows, time in ms and rows a second', async () => {
    const clock = new VirtualClock();
    vi.spyOn(clock, 'monotonic').mockReturnValueOnce(1_000).mockReturnValueOnce(1_500);
    const { content, structuredContent } = await make(clock).runAnalysis(defaults, new RecordingContext());
    expect(structuredContent.metadata).toEqual({
      rowsProcessed: 1_000,
      processingTime: 500,
      throughput: 2_000,
      seed: 7,
    });
    expect(content).toHaveLength(1);
    expect(content[0]).toMatchObject({
      text: expect.stringContaining('Analysed 1000 rows in 500.0 ms (2000 rows/s).') as string,
    });
  });

  it('S03: reports each chunk', async () => {
    const context = new RecordingContext();
    await make().runAnalysis({ ...defaults, rows: 500 }, context);
    expect(context.reports.map(({ message }) => message)).toEqual([
      'rows 200 of 500',
      'rows 400 of 500',
      'rows 500 of 500',
    ]);
  });

  it('S16, S17: gives a turn after each chunk and stops there when it is cancelled', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      if (context.reports.length === 2) context.cancel();
    };
    await expect(make().runAnalysis(defaults, context)).rejects.toThrow('cancelled by the test');
    expect(context.reports).toHaveLength(2);
  });

  it('draws a seed when none is given and names it, so that the call can be repeated', async () => {
    const first = await make().runAnalysis(seedless, new RecordingContext());
    const { seed } = first.structuredContent.metadata;
    const again = await make().runAnalysis({ ...seedless, seed }, new RecordingContext());
    expect(again.structuredContent.categories).toEqual(first.structuredContent.categories);
  });

  it.each([
    [{ rows: 9 }, /^rows: .*10.*, got 9$/],
    [{ rows: 100_001 }, /^rows: .*100000.*, got 100001$/],
    [{ rows: 10.5 }, /^rows: .*int.*, got 10.5$/],
    [{}, /^rows: .*, got nothing$/],
    [{ rows: 10, chunkSize: 0 }, /^chunkSize: .*1.*, got 0$/],
    [{ rows: 10, range: -1 }, /^range: .*1.*, got -1$/],
  ])('S08: refuses %j naming the field, what came and what was expected', (args, message) => {
    const checked = compiled().check(args);
    expect(checked.ok ? [] : checked.problems).toEqual([expect.stringMatching(message)]);
  });

  it('S08: fills in range 1000 and chunkSize 200, and its answer fits its output schema', async () => {
    const tool = compiled();
    expect(tool.check({ rows: 10 })).toEqual({ ok: true, value: { rows: 10, range: 1_000, chunkSize: 200 } });
    const { structuredContent } = await make().runAnalysis({ ...defaults, rows: 10 }, new RecordingContext());
    expect(tool.checkOutput?.(structuredContent)).toMatchObject({ ok: true });
  });
});

function compiled() {
  const registry = new Registry();
  for (const collected of collectDefinitions(make()))
    if (collected.kind === 'tool') registry.tool(collected.definition);
  const tool = registry.findTool('run_analysis');
  if (tool === undefined) throw new Error('run_analysis is not registered');
  return tool;
}
