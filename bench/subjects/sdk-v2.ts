/**
 * The SDK's current server: createMcpHandler with its defaults, on node:http through its own adapter. The
 * schema is built once, outside the factory, which is the fast way to use it.
 */
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { portFromArguments } from './port.ts';

const inputSchema = z.object({ text: z.string() });

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'sdk-v2', version: '2.4.0' });
  server.registerTool('echo', { description: 'Gives the text back.', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
});
const nodeHandler = toNodeHandler(handler);
/** The adapter's own type is stricter about absent values than node:http's; they are what it is made for. */
type AdapterRequest = Parameters<typeof nodeHandler>[0];

createServer((request, response) => {
  nodeHandler(request as AdapterRequest, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
}).listen(portFromArguments(), '127.0.0.1');
