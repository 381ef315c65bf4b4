// A node process of a few lines for the tests of supervisor and scaling: serves /readyz and /drain, tells its
// supervisor, obeys test messages. `POST /told` with JSON sets what it reports. It ends with 0 when it was drained
// and is empty, with 3 when it is told to go before.
import { createServer } from 'node:http';

const id = process.argv[3];
const stubborn = process.argv.includes('--stubborn');
const load = {
  cpuPercent: 50,
  memoryPercent: 5,
  eventLoopPercent: 5,
  eventLoopLagMs: 1,
  calls: 1,
  responseMs: 5,
  responseP95Ms: 5,
  queue: 0,
};
const status = { id, version: '0', state: 'ready', inFlight: 0, sessions: 0, streams: 0, load };

const server = createServer(async (req, res) => {
  if (req.url === '/drain') status.state = 'draining';
  if (req.url === '/told') {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { cpuPercent = load.cpuPercent, ...rest } = JSON.parse(body);
    load.cpuPercent = cpuPercent;
    Object.assign(status, rest);
  }
  const code = req.url === '/drain' ? 202 : status.state === 'ready' ? 200 : 503;
  const body = JSON.stringify({ ...status, mcpPort: server.address().port });
  res.writeHead(code, { 'content-type': 'application/json' }).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  process.send({ type: 'listening', id, mcpPort: port, managementPort: port, pid: process.pid, version: '0' });
});
process.on('message', (message) => {
  if (message.event === 'crash') process.exit(7);
  // Says on the bus what it got from it, so that the test sees who got what.
  if (message.event === 'ping') process.send({ type: 'bus', event: { pongFrom: id } });
});
process.on('SIGTERM', () => {
  if (!stubborn) process.exit(status.state === 'draining' && status.inFlight === 0 ? 0 : 3);
});
process.on('disconnect', () => {
  if (!stubborn) process.exit(0);
});
