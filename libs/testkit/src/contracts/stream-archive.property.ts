import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArchiveStory, type Delivery, type StoryStep } from './stream-archive.story.js';
import type { OpenStreamArchive } from './stream-archive.contract.js';

const place = fc.constantFrom(0 as const, 1 as const);
const delivery: fc.Arbitrary<Delivery> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('arrives' as const) },
  { weight: 1, arbitrary: fc.constantFrom('loses its reply', 'is lost') },
);
const step: fc.Arbitrary<StoryStep> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      node: place,
      kind: fc.constantFrom('progress', 'log', 'ask', 'change'),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('flush' as const), node: place, delivery }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('repeat', 'give up', 'answer'), node: place }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('claim' as const), node: place, delivery, knows: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('race', 'snapshot', 'lose the tail', 'lose all') }) },
);

/**
 * Two nodes that write one stream by turns, and an archive that loses what it had: whatever happens, nothing that a
 * client had to hear of is missing silently, nothing is there twice or from a writer that was fenced, and there is one
 * answer in the end.
 * @param runs stories that are told; a failure says its seed and its path
 */
export function streamArchiveProperty(name: string, open: OpenStreamArchive, runs: number): void {
  it(`experiments 1, 3, 5, 29: ${name}: no gap that is not told, nothing twice, one answer, nothing of a fenced writer`, async ({
    annotate,
  }) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 100, size: 'max' }), async (steps) => {
      const story = await ArchiveStory.begin(await open());
      for (const one of steps) await story.tell(one);
      await story.finish();
    });
    const details = await fc.check(property, { numRuns: runs });
    await annotate(`seed ${String(details.seed)}`);
    expect(details.failed ? await fc.asyncDefaultReportMessage(details) : '').toBe('');
  }, 60_000);
}
