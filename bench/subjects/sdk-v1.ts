/**
 * The SDK's v1 server on node:http, JSON answers. Without a session id in the request and no `initialize`
 * in it: a server and a transport for that request alone (stateless). With `initialize`: a session that is
 * kept, which later requests name.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { portFromArguments } from './port.ts';

/** The benchmark opens one session a run; more than this is a mistake in it. */
const MOST_SESSIONS = 16;

const inputSchema = { text: z.string() };
const sessions = new Map<string, StreamableHTTPServerTransport>();

function newServer(): McpServer {
  const server = new McpServer({ name: 'sdk-v1', version: '1.32.2' });
  server.registerTool('echo', { description: 'Gives the text back.', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

async function openSession(): Promise<StreamableHTTPServerTransport> {
  if (sessions.size >= MOST_SESSIONS) throw new Error(`more than ${String(MOST_SESSIONS)} sessions`);
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: true,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
  });
  await newServer().connect(transport);
  return transport;
}

async function answerAlone(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = newServer();
  response.on('close', () => {
    server.close().catch((error: unknown) => {
      console.error(error);
    });
  });
  await server.connect(transport);
  await transport.handleRequest(request, response, body);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as { method?: string };
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : undefined;
  if (session !== undefined) await session.handleRequest(request, response, body);
  else if (body.method === 'initialize') await (await openSession()).handleRequest(request, response, body);
  else await answerAlone(request, response, body);
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
}).listen(portFromArguments(), '127.0.0.1');
