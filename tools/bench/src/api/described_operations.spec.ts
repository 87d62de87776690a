import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { timedClient } from './client.ts';
import { describedOperations } from './description.ts';
import { measureRead } from './reads.ts';

let server: Server | undefined;
afterEach(() => void server?.close().closeAllConnections());

const query = (name: string, required: boolean) => ({ name, in: 'query', required });
const document = {
  paths: {
    '/v1/models': { get: { operationId: 'listCallableModels' } },
    '/api/v1/things': {
      get: { operationId: 'listThings', parameters: [query('page', false)] },
      post: { operationId: 'createThing' },
      parameters: [],
    },
    '/api/v1/things/{id}': {
      get: { operationId: 'getThing', parameters: [{ name: 'id', in: 'path', required: true }] },
    },
    '/api/v1/things/search': {
      get: { operationId: 'searchThings', parameters: [{ $ref: '#/components/parameters/Q' }] },
    },
    '/api/v1/holes/{id}': { get: { operationId: 'getHole' } },
    '/api/v1/odd': { get: { operationId: 'getOdd', parameters: [query('neverHeardOf', true)] } },
  },
  components: { parameters: { Q: query('q', true) } },
};

async function serve(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  server = createServer(({ url = '' }, response) => {
    seen.push(url);
    const path = url.split('?')[0];
    const data = path === '/api/v1/things' ? [{ id: 'a b' }, { id: 'c' }] : [];
    response.end(JSON.stringify(path === '/openapi.json' ? document : { data, pagination: { pages: 5 } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('the operations that are measured', () => {
  it('are all of the control plane that the description names', async () => {
    const operations = await describedOperations((await serve()).url);
    expect(operations.map(({ id }) => id)).toEqual([
      ...['listThings', 'createThing', 'getThing', 'searchThings', 'getHole', 'getOdd'],
    ]);
    expect(operations.find(({ id }) => id === 'searchThings')?.required).toEqual(['q']);
  });

  it('are called by their pages and ids, and named where they can not be', async () => {
    const { url, seen } = await serve();
    const client = timedClient(url, 'key');
    const operations = (await describedOperations(url)).filter(({ method }) => method === 'GET');
    const outcomes = [];
    for (const operation of operations) outcomes.push(await measureRead(client, operation, 4));
    await client.close();
    expect(outcomes).toMatchObject([
      { operation: 'listThings', answers: 4 },
      { operation: 'getThing', answers: 4 },
      { operation: 'searchThings', answers: 4 },
      { operation: 'getHole', why: '/api/v1/holes is empty' },
      { operation: 'getOdd', why: 'the bench has no value for the query parameter neverHeardOf' },
    ]);
    for (const path of ['?page=1', '?page=3', '?page=5', '/a%20b', '/c'])
      expect(seen).toContain(`/api/v1/things${path}`);
  });
});
