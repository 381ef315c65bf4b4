// Writes logs/cluster.log and logs/worker.log: the same bytes on every run and machine.
import { mkdirSync, writeFileSync } from 'node:fs';

const START = Date.UTC(2026, 10, 1, 8);
const NODES = ['node-1', 'node-2', 'node-3'];
const TOOLS = ['echo', 'analyze_dataset', 'run_analysis', 'process_large_file', 'crawl_sitemap'];
const METHODS = ['tools/call', 'tools/list', 'resources/read', 'subscriptions/listen', 'ping'];

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

const next = generator(20_261_101);
const below = (bound) => Math.floor(next() * bound);
const pick = (list) => list[below(list.length)];

/** Pino's JSON lines, as the nodes of a cluster write them. */
function clusterLine(time, index) {
  const base = (level, more) => JSON.stringify({ level, time, app: 'node', nodeId: pick(NODES), ...more });
  const requestId = `r-${index.toString(16).padStart(6, '0')}`;
  const draw = next();
  if (draw < 0.02)
    return base(50, {
      requestId,
      method: 'tools/call',
      err: { type: 'Error', message: 'upstream closed the connection' },
      msg: 'request failed',
    });
  if (draw < 0.025)
    return base(60, {
      err: { type: 'Error', message: 'listen EADDRINUSE: address already in use' },
      msg: 'cannot start',
    });
  if (draw < 0.1) return base(40, { queued: 50 + below(400), msg: 'event loop is late' });
  if (draw < 0.3) return base(20, { requestId, method: pick(METHODS), msg: 'request' });
  if (draw < 0.34) return base(10, { requestId, bytes: below(65_536), msg: 'chunk written' });
  return base(30, {
    requestId,
    method: 'tools/call',
    target: pick(TOOLS),
    outcome: 'ok',
    durationMs: Number((next() * 90).toFixed(2)),
    msg: 'request finished',
  });
}

/** Plain lines with level words, and now and then a stack trace of several lines. */
function workerLines(time, index) {
  const at = new Date(time).toISOString();
  const name = `[worker-${1 + below(4)}]`;
  const draw = next();
  if (draw < 0.02)
    return [
      `${at} ERROR ${name} job ${index} failed: checksum does not match`,
      '    at verify (worker.js:118:11)',
      '    at async run (worker.js:64:5)',
    ];
  if (draw < 0.08) return [`${at} WARN  ${name} job ${index} is slow: ${2 + below(9)} s, Größe über 1 MiB`];
  if (draw < 0.25) return [`${at} DEBUG ${name} cache miss for key ${below(1e9).toString(36)}`];
  return [`${at} INFO  ${name} job ${index} done in ${5 + below(900)} ms`];
}

function write(name, lines) {
  writeFileSync(new URL(`logs/${name}`, import.meta.url), `${lines.join('\n')}\n`);
}

mkdirSync(new URL('logs/', import.meta.url), { recursive: true });
let time = START;
const tick = () => (time += 200 + below(4_000));
write(
  'cluster.log',
  Array.from({ length: 300 }, (_, index) => clusterLine(tick(), index)),
);
time = START;
write('worker.log', Array.from({ length: 200 }, (_, index) => workerLines(tick(), index)).flat());
