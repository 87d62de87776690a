// The least that a gateway in Node can do: read a request whole, hand it to undici's dispatch, pass the answer's bytes on.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool, type Dispatcher } from 'undici';

const pool = new Pool(process.argv[2]!, { connections: 256 });

const passOn = (response: ServerResponse): Dispatcher.DispatchHandler => ({
  onRequestStart: () => {},
  onResponseStart: (_controller, status, headers) => {
    const length = String(headers['content-length']);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  },
  onResponseData: (_controller, chunk) => void response.write(chunk),
  onResponseEnd: () => void response.end(),
  onResponseError: () => void response.destroy(),
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const headers = { 'content-type': 'application/json' };
    pool.dispatch({ path: request.url!, method: 'POST', headers, body }, passOn(response));
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`bare proxy is ready on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
