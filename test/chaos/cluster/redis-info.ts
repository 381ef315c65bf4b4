import { once } from 'node:events';
import { connect } from 'node:net';

export interface RedisInfo {
  readonly keys: number;
  readonly usedBytes: number;
  /** Processed since its start. */
  readonly commands: number;
}

/** What a Redis says of itself: one inline command on a connection of its own, which has no password. */
export async function redisInfo(port: number): Promise<RedisInfo> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  try {
    await once(socket, 'connect');
    socket.write('DBSIZE\r\nINFO stats\r\nINFO memory\r\n');
    let text = '';
    // The last line of that section ends the last answer.
    while (!/lazyfreed_objects:\d+\r\n/.test(text)) text += ((await once(socket, 'data')) as [string])[0];
    const keys = Number(/^:(\d+)/.exec(text)?.[1] ?? Number.NaN);
    const number = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1] ?? Number.NaN);
    return { keys, usedBytes: number('used_memory'), commands: number('total_commands_processed') };
  } finally {
    socket.destroy();
  }
}
