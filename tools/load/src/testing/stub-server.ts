import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubServer {
  readonly url: string;
  readonly requests: () => number;
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that answers like Purser as far as a load looks: JSON, or a stream that ends with `[DONE]`. */
export const answering: Handler = (_request, response, body) => {
  if (!body.includes('"stream":true')) {
    response.setHeader('content-type', 'application/json').end('{"object":"chat.completion"}');
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  response.write('data: {"choices":[]}\n\n');
  response.end(': x-purser-cost-usd 0.000001\n\ndata: [DONE]\n\n');
};

export async function stubServer(handler: Handler = answering): Promise<StubServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => handler(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
