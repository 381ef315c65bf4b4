// Writes measurements.csv: the same bytes on every run and machine.
import { writeFileSync } from 'node:fs';

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const DAYS = 60;
const STATIONS = [
  { name: 'harbour', factor: 1.1 },
  { name: 'old-town', factor: 1.3 },
  { name: 'forest', factor: 0.6 },
];
/** Plausible daily means of outdoor air in µg/m³. */
const CATEGORIES = [
  { name: 'pm25', mean: 11, spread: 6 },
  { name: 'no2', mean: 24, spread: 10 },
  { name: 'ozone', mean: 52, spread: 18 },
];

/** mulberry32, as in libs/kernel. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const next = generator(20_260_101);
const lines = ['date,station,category,value'];
for (let day = 0; day < DAYS; day += 1) {
  const date = new Date(START + day * DAY_MS).toISOString().slice(0, 10);
  const weather = next() - 0.5;
  for (const station of STATIONS) {
    for (const { name, mean, spread } of CATEGORIES) {
      const value = Math.max(0.5, mean * station.factor + spread * (weather + next() - 0.5));
      lines.push(`${date},${station.name},${name},${value.toFixed(1)}`);
    }
  }
}
writeFileSync(new URL('measurements.csv', import.meta.url), `${lines.join('\n')}\n`);
