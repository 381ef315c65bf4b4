import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Interrupts } from './interrupts.js';

describe('Ctrl-C', () => {
  it('S18: once asks to stop, twice ends; a signal that comes twice for one key counts once', async () => {
    const clock = new VirtualClock();
    let ended = 0;
    const interrupts = new Interrupts(clock, () => {
      ended += 1;
    });
    expect(interrupts.signal.aborted).toBe(false);
    interrupts.received();
    expect(interrupts.signal.aborted).toBe(true);
    await clock.advance(999);
    interrupts.received();
    expect(ended).toBe(0);
    await clock.advance(1);
    interrupts.received();
    expect(ended).toBe(1);
  });
});
