/**
 * A tool that is neither read-only nor idempotent, so that no call of it is run twice. Plain JavaScript, as a folder for
 * `--tools` needs it; hence the decorator is applied by hand.
 */
import { sleep, systemClock } from '@mcp-cluster/kernel';
import { Tool } from '@mcp-cluster/tools';
import { z } from 'zod';

export class HoldWriteTool {
  async hold({ ms }, context) {
    context.progress(1, 2, 'begun');
    await sleep(systemClock, ms, context.signal);
    return 'written';
  }
}

Tool({
  name: 'hold_write',
  description: 'Pretends to change something, for so many milliseconds.',
  input: z.object({ ms: z.int().min(0).max(60_000) }),
})(HoldWriteTool.prototype, 'hold', Object.getOwnPropertyDescriptor(HoldWriteTool.prototype, 'hold'));
