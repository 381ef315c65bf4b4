import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { MAX_WAITING, WaitingRoom, type Guest } from './waiting-room.js';

class Scene {
  readonly clock = new VirtualClock(0);
  readonly room = new WaitingRoom(this.clock);
  readonly events: string[] = [];
  /** Places at nodes that are free now. */
  free = 0;

  guest(name: string): Guest {
    return {
      tryAgain: () => {
        if (this.free === 0) return false;
        this.free -= 1;
        this.events.push(`${String(this.clock.now())} ${name} goes`);
        return true;
      },
      waitedTooLong: () => {
        this.events.push(`${String(this.clock.now())} ${name} gives up`);
      },
    };
  }
}

describe('waiting for a node', () => {
  it('first come, first served, and each for its time', async () => {
    const scene = new Scene();
    for (const [name, ms] of [['a', 5000], ['b', 1000], ['c', 5000]] as const) scene.room.enter(scene.guest(name), ms); // prettier-ignore
    await scene.clock.advance(1500);
    scene.free = 1;
    scene.room.look(undefined);
    expect(scene.room.size).toBe(1);
    await scene.clock.advance(5000);
    expect(scene.events).toEqual(['1000 b gives up', '1500 a goes', '5000 c gives up']);
    expect(scene.clock.pending).toBe(0);
  });

  it('looks again by itself: a full node has room again, and nobody says so', async () => {
    const scene = new Scene();
    scene.room.enter(scene.guest('a'), 5000);
    await scene.clock.advance(150);
    scene.free = 1;
    await scene.clock.advance(100);
    expect(scene.events).toEqual(['200 a goes']);
    expect(scene.clock.pending).toBe(0);
  });

  it('one that leaves is told nothing', async () => {
    const scene = new Scene();
    const guest = scene.guest('a');
    scene.room.enter(guest, 1000);
    scene.room.leave(guest);
    scene.room.leave(guest);
    await scene.clock.advance(2000);
    expect(scene.events).toEqual([]);
  });

  it('one that tries and has to wait again keeps its place and its time', async () => {
    const scene = new Scene();
    const first: Guest = {
      tryAgain: () => !scene.room.enter(first, 9000),
      waitedTooLong: () => scene.events.push(`${String(scene.clock.now())} gives up`),
    };
    scene.room.enter(first, 1000);
    await scene.clock.advance(10_000);
    expect(scene.events).toEqual(['1000 gives up']);
  });

  it('has a bound', () => {
    const scene = new Scene();
    for (let guest = 0; guest < MAX_WAITING; guest += 1) expect(scene.room.enter(scene.guest('x'), 1000)).toBe(true);
    expect(scene.room.enter(scene.guest('y'), 1000)).toBe(false);
    expect(scene.room.size).toBe(MAX_WAITING);
  });
});
