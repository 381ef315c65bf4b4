import type { ServerResponse } from 'node:http';

/** Bytes of a refused body that are read and thrown away: sixteen of the largest bodies that are taken. */
export const LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Closes our half of a connection whose client still sends, and throws away what comes. Closing it whole would
 * reset it, and the client might never see the answer. It ends when the client has sent all, after
 * `LINGER_BYTES`, and in any case with the server's request timeout (30 s).
 */
export function lingeringClose(response: ServerResponse): void {
  const { req: request, socket } = response;
  if (socket === null) return;
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  request.once('end', () => {
    socket.destroy();
  });
  socket.end();
}
