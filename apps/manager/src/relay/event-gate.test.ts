import { randomInt, seededRng, type Rng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { EventGate, MAX_HELD_BYTES } from './event-gate.js';

/** Pushes a text in pieces of random lengths, and gives what came through with whether it ended whole. */
function pushed(gate: EventGate, text: string, rng: Rng, longest: number): { text: string; torn: boolean }[] {
  const bytes = Buffer.from(text);
  const out: { text: string; torn: boolean }[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + randomInt(rng, longest);
    const passed = gate.push(bytes.subarray(at, end));
    if (passed !== undefined) out.push({ text: passed.toString('utf8'), torn: gate.torn });
    at = end;
  }
  return out;
}

const isWhole = (text: string): boolean => /\n\r?\n$/.test(text);

describe('the gate of events', () => {
  it('S03: lets whole events through, wherever the stream is split, and all of them', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const rng = seededRng(seed);
      const ends = seed % 2 === 0 ? '\n' : '\r\n';
      const event = (): string =>
        `id: ü${String(randomInt(rng, 99))}${ends}data: ${'x'.repeat(randomInt(rng, 40))}${ends}${ends}`;
      const text = Array.from({ length: 1 + randomInt(rng, 8) }, event).join('');
      const gate = new EventGate();
      const out = pushed(gate, text, rng, 1 + randomInt(rng, 60));
      expect(out.map((one) => one.text).join(''), `seed ${String(seed)}`).toBe(text);
      expect(
        out.every((one) => isWhole(one.text) && !one.torn),
        `seed ${String(seed)}`,
      ).toBe(true);
    }
  });

  it('holds an unfinished tail back, and forgets it when its node dies', () => {
    const gate = new EventGate();
    expect(gate.push(Buffer.from('data: 1\n\ndata: 2'))?.toString()).toBe('data: 1\n\n');
    expect(gate.push(Buffer.from('2\n'))).toBeUndefined();
    expect(gate.cut()).toBe('');
    expect(gate.push(Buffer.from('data: 3\n\n'))?.toString()).toBe('data: 3\n\n');
  });

  it('a stream that ends in good order ends as its node ended it', () => {
    const gate = new EventGate();
    gate.push(Buffer.from('data: 1'));
    expect(gate.flush()?.toString()).toBe('data: 1');
    expect(gate.flush()).toBeUndefined();
  });

  it('passes an event that is too large to be held, and spoils it when its node dies in the middle', () => {
    const gate = new EventGate();
    const half = `data: {"id":1,"result":"${'x'.repeat(MAX_HELD_BYTES)}`;
    expect(gate.push(Buffer.from(half))?.toString()).toBe(half);
    expect(gate.torn).toBe(true);
    expect(gate.takeLarge()?.length).toBe(MAX_HELD_BYTES);
    expect(gate.push(Buffer.from('xx'))?.toString()).toBe('xx');
    const spoilt = `${half}xx${gate.cut()}`;
    expect(isWhole(spoilt)).toBe(true);
    const data = spoilt.split('\n').filter((line) => line.startsWith('data:'));
    expect(() => JSON.parse(data.map((line) => line.slice(5)).join('\n')) as unknown).toThrow();
    expect(gate.torn).toBe(false);
  });

  it('is whole again after a large event, and says so', () => {
    const rng = seededRng(9);
    const gate = new EventGate();
    const text = `data: ${'x'.repeat(3 * MAX_HELD_BYTES)}\n\ndata: small\n\n`;
    const out = pushed(gate, text, rng, 20_000);
    expect(out.map((one) => one.text).join('')).toBe(text);
    expect(out.some((one) => one.torn)).toBe(true);
    expect(out.at(-1)?.torn).toBe(false);
  });
});
