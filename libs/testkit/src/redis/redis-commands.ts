import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestRedis } from './redis-server.js';

/**
 * Sends commands as a person with telnet would, over a connection of their own, and returns everything that was
 * answered. Redis runs them one after the other with nothing in between.
 * @param lines for example `CLIENT KILL TYPE normal`; an argument with spaces stands in single quotes
 */
export async function redisCommands(redis: Pick<TestRedis, 'port'>, ...lines: string[]): Promise<string> {
  const socket = connect(redis.port, '127.0.0.1');
  // An unknown word answers last, whatever the others say.
  socket.write([...lines, 'THE-END', ''].join('\r\n'));
  let said = '';
  try {
    while (!said.includes("unknown command 'THE-END'")) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      said += chunk.toString('utf8');
    }
  } finally {
    socket.destroy();
  }
  return said;
}
