import { sleep, type Clock } from '@mcp-cluster/kernel';
import { Tool, type ToolContext } from '@mcp-cluster/tools';
import { CLOCK } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';

/** Milliseconds between two progress reports of a waiting echo. */
const TICK_MS = 100;

/** A minute: longer than any proxy's patience that is worth testing, short enough to hold no call forever. */
const MAX_DELAY_MS = 60_000;

const input = z.object({
  text: z.string().describe('What to say back.'),
  delayMs: z.int().min(0).max(MAX_DELAY_MS).default(0).describe('Milliseconds to wait before the answer.'),
});

/** The measuring tool: without a delay it costs nothing but the protocol, with one it is a call of known length. */
@Injectable()
export class EchoTool {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Tool({
    name: 'echo',
    title: 'Echo',
    description: 'Returns the text that it was given, at once or after a delay with progress reports.',
    input,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    // The ticks are the throttle: each one is meant to be seen.
    progressIntervalMs: 0,
  })
  echo({ text, delayMs }: z.output<typeof input>, context: ToolContext): string | Promise<string> {
    return delayMs === 0 ? text : this.echoLater(text, delayMs, context);
  }

  private async echoLater(text: string, delayMs: number, context: ToolContext): Promise<string> {
    const start = this.clock.monotonic();
    for (let elapsed = 0; elapsed < delayMs;) {
      await sleep(this.clock, Math.min(TICK_MS, delayMs - elapsed), context.signal);
      elapsed = this.clock.monotonic() - start;
      const waited = Math.min(Math.round(elapsed), delayMs);
      context.progress(waited, delayMs, `waited ${String(waited)} of ${String(delayMs)} ms`);
    }
    return text;
  }
}
