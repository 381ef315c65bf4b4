import { once } from 'node:events';

interface Reply {
  id: number;
  result?: { usedSize?: number };
  error?: { message: string };
}

/** Collects the garbage of a process with an open inspector and tells the bytes of heap that are left. */
export async function usedHeap(inspectorUrl: string): Promise<number> {
  const targets = (await (await fetch(`${inspectorUrl}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
  const url = targets[0]?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error('the inspector has no target');
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let last = 0;
  const call = async (method: string): Promise<Reply> => {
    const id = (last += 1);
    socket.send(JSON.stringify({ id, method }));
    for (;;) {
      const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
      const reply = JSON.parse(data) as Reply;
      if (reply.id !== id) continue;
      if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`);
      return reply;
    }
  };
  try {
    // The second collection frees what the finalisers of the first let go.
    for (let turn = 0; turn < 3; turn += 1) await call('HeapProfiler.collectGarbage');
    const { result } = await call('Runtime.getHeapUsage');
    return result?.usedSize ?? Number.NaN;
  } finally {
    socket.close();
  }
}
