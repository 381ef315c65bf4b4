/** The ceiling: node:http that reads the body, parses it and answers JSON of a tool result's size. */
import { createServer } from 'node:http';
import { portFromArguments } from './port.ts';

interface EchoRequest {
  id: number;
  params: { arguments: { text: string } };
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { id, params } = JSON.parse(Buffer.concat(chunks).toString()) as EchoRequest;
    const answer = JSON.stringify({
      jsonrpc: '2.0',
      id,
      result: { content: [{ type: 'text', text: params.arguments.text }] },
    });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  });
}).listen(portFromArguments(), '127.0.0.1');
