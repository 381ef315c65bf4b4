/**
 * `npm run sim -- picks`: how many choices of a node a second fit on one core, interleaved in one process: a bare count in
 * flight, least request with slow start, ours, and ours for calls whose answers are kept. Times belong to the machine; the
 * ratios are what is claimed.
 */
import {
  BoundedHash,
  keyHash,
  lessActive,
  NodeLoad,
  pickNode,
  pickTwoChoices,
  type Identified,
  type Loaded,
} from '@mcp-cluster/balance';
import { randomInt, seededRng, systemClock, type Rng } from '@mcp-cluster/kernel';

const PICKS = 2_000_000;
/** Hashing looks at all nodes: so many looks a measurement are enough. */
const LOOKS = 20_000_000;
const KEYS = Array.from({ length: 4096 }, (_none, at) => keyHash('tool', String(at)));
const ROUNDS = 7;

function places(count: number): Identified[] {
  const now = systemClock.monotonic();
  return Array.from({ length: count }, (_none, at) => {
    const load = new NodeLoad();
    load.rtt.observe(10 + (at % 5) * 10, now);
    return { id: `node-${String(at + 1)}`, load };
  });
}

/** The least there is to do: two draws and one comparison. What the manager ran before it knew times. */
function bare(all: readonly Loaded[], rng: Rng): Loaded | undefined {
  const first = randomInt(rng, all.length);
  const a = all[first];
  const b = all[(first + 1 + randomInt(rng, all.length - 1)) % all.length];
  return a !== undefined && b !== undefined && b.load.calls < a.load.calls ? b : a;
}

/** Picks a second. */
function rate(pick: () => Loaded | undefined, picks = PICKS): number {
  const start = systemClock.monotonic();
  for (let time = 0; time < picks; time += 1) {
    const place = pick();
    place?.load.begin('calls');
    place?.load.end('calls');
  }
  return picks / ((systemClock.monotonic() - start) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

for (const count of [3, 20, 200, 500]) {
  const all = places(count);
  const rng = seededRng(1);
  const hash = new BoundedHash<Identified>();
  let key = 0;
  const ways = [
    { name: 'bare', rates: [] as number[], pick: () => bare(all, rng) },
    // These read the clock, as the router does.
    {
      name: 'least request',
      rates: [] as number[],
      pick: () => pickTwoChoices(all, lessActive, systemClock.monotonic(), rng),
    },
    { name: 'ours', rates: [] as number[], pick: () => pickNode(all, 'calls', systemClock.monotonic(), rng) },
    {
      name: 'ours by key',
      rates: [] as number[],
      picks: Math.min(PICKS, LOOKS / count),
      pick: () => hash.place(all, KEYS[(key += 1) % KEYS.length] ?? 0, systemClock.monotonic())?.node,
    },
  ];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { rates, pick, picks } of ways) rates.push(rate(pick, picks));
  const fastest = median(ways[0]?.rates ?? []);
  const shown = ways.map(({ name, rates }) => {
    const each = median(rates);
    return `${name} ${(each / 1e6).toFixed(1)} M/s (${(1e9 / each).toFixed(0)} ns, ratio ${(each / fastest).toFixed(2)})`;
  });
  console.log(`${String(count)} nodes: ${shown.join(', ')}`);
}
