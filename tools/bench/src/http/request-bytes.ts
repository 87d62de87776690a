import type { LoadTarget } from './load-job.ts';

/** A request as it stands on the wire, whole. */
export function requestBytes({ method = 'POST', path, headers, body, port }: LoadTarget): Buffer {
  const all = { host: `127.0.0.1:${port}`, ...headers, 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
