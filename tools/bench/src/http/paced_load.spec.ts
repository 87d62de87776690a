import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PacedStreamResult } from './paced-load-job.ts';
import { PacedRun } from './paced-run.ts';

describe('a paced load', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const run = async (
    answer: (response: ServerResponse, index: number) => unknown,
    { requests = 10, connections = 1 } = {},
  ): Promise<PacedStreamResult> => {
    let count = 0;
    server = createServer((_request, response) => void answer(response, count++)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = { port, path: '/', headers: {}, body: '{}' };
    const paced = new PacedRun({ target, perSecond: 100, connections }, performance.now() + 50, requests / 100);
    await paced.done;
    return paced.result();
  };

  it('sends what is due, each once', async () => {
    const result = await run((response) => response.end('{}'), { requests: 25, connections: 4 });
    expect(result).toMatchObject({ requests: 25, served: 25, failures: {} });
  });

  it('counts from when a request was due whose connection was not free', async () => {
    const result = await run(async (response, index) => {
      if (index === 0) await sleep(150);
      response.end('{}');
    });
    // The last of ten was due after 90 ms, and the first one kept all waiting for 150.
    expect(result.served).toBe(10);
    expect(result.p50Ms).toBeGreaterThanOrEqual(90);
  });

  it('tells failures by what they were, and from when on there were none', async () => {
    const result = await run((response, index) => {
      if (index === 1) response.writeHead(500).end();
      else if (index === 3) response.writeHead(503, { 'retry-after': '7' }).end();
      else if (index === 5) response.destroy();
      else response.end('{}');
    });
    const { served, failures, withRetryAfter, firstServedAt, allServedFrom } = result;
    expect(failures).toEqual({ 'status 500': 1, 'status 503': 1, 'connection closed': 1 });
    expect({ served, withRetryAfter }).toEqual({ served: 7, withRetryAfter: 1 });
    expect(allServedFrom).toBeGreaterThan(firstServedAt!);
  });

  it('has no latencies where nothing was served', async () => {
    const { p50Ms, firstServedAt, ...result } = await run((response) => response.writeHead(500).end());
    expect([p50Ms, firstServedAt, result.served]).toEqual([undefined, undefined, 0]);
  });
});
