// A node process of a few lines for the supervisor's tests: serves /readyz, tells its supervisor, obeys test messages.
import { createServer } from 'node:http';

const id = process.argv[3];
const server = createServer((_req, res) => {
  const status = {
    id,
    version: '0',
    state: 'ready',
    inFlight: 0,
    sessions: 0,
    streams: 0,
    mcpPort: server.address().port,
  };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
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
if (process.argv.includes('--stubborn')) process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
