// Writes measurements.csv and events.ndjson: the same bytes on every run and machine.
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

/** The stations' data arrives over an API; these are its calls: name, method, usual milliseconds, share of the calls. */
const ROUTES = [
  { route: '/v1/measurements', method: 'POST', usualMs: 18, share: 0.55 },
  { route: '/v1/stations', method: 'GET', usualMs: 6, share: 0.2 },
  { route: '/v1/reports/daily', method: 'GET', usualMs: 140, share: 0.15 },
  { route: '/v1/calibration', method: 'PUT', usualMs: 45, share: 0.1 },
];
const EVENTS = 400;
const EVENTS_START = Date.UTC(2026, 1, 28, 22);

writeMeasurements(generator(20_260_101));
writeEvents(generator(20_260_228));

function writeMeasurements(next) {
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
}

/** One call a line. A failed one has an error, a slow one a warning; not every caller says which client it is. */
function writeEvents(next) {
  const lines = [];
  let time = EVENTS_START;
  for (let id = 1; id <= EVENTS; id += 1) {
    time += Math.round(500 + next() * 45_000);
    const { route, method, usualMs } = pick(ROUTES, next());
    const load = 1 + Math.max(0, next() - 0.7) * 4;
    const durationMs = Number((usualMs * load * (0.6 + next() * 0.9)).toFixed(1));
    const failed = next() < 0.04;
    const slow = durationMs > usualMs * 1.8;
    const status = failed ? (next() < 0.5 ? 503 : 422) : method === 'POST' ? 201 : 200;
    const event = {
      time: new Date(time).toISOString(),
      request: `req-${String(id).padStart(5, '0')}`,
      level: failed ? 'error' : slow ? 'warning' : 'info',
      station: STATIONS[Math.floor(next() * STATIONS.length)].name,
      method,
      route,
      durationMs,
      status,
      bytes: failed ? null : Math.round(180 + next() * usualMs * 90),
      cached: method === 'GET' && next() < 0.4,
    };
    if (next() < 0.6) event.client = `logger/${Math.floor(next() * 3) + 2}.${Math.floor(next() * 10)}`;
    if (failed)
      event.message = status === 503 ? 'storage is busy, "try again" sent' : 'value out of range: µg/m³ below 0';
    lines.push(JSON.stringify(event));
  }
  writeFileSync(new URL('events.ndjson', import.meta.url), `${lines.join('\n')}\n`);
}

function pick(routes, draw) {
  let left = draw;
  return routes.find(({ share }) => (left -= share) < 0) ?? routes[0];
}
