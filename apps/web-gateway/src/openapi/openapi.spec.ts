import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { callAsAdmin, startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

type Node = Record<string, unknown>;

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Node>>;
  readonly components: Record<'schemas' | 'headers' | 'responses', Record<string, Node>>;
}

let edge: TestEdge;
let document: Document;
beforeAll(async () => {
  edge = await startTestEdge();
  document = (await edge.app.inject({ url: '/openapi.json' })).json();
});
afterAll(() => edge.app.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );

/** Every object and list in a JSON value. */
function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  yield value as Node;
  for (const inner of Object.values(value)) yield* nodes(inner);
}

describe('/openapi.json', () => {
  it('is served without a key, as OpenAPI 3.1', async () => {
    const answer = await edge.app.inject({ url: '/openapi.json' });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(document.openapi).toBe('3.1.0');
  });

  it('is valid by the schema that the OpenAPI Initiative publishes', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as never);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
    const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: [] } } } };
    expect(await new Validator().validate(broken as never)).toMatchObject({ valid: false });
  });

  it('resolves every reference, and names no schema that nothing refers to', () => {
    const references = [...nodes(document)].flatMap((node) => (typeof node['$ref'] === 'string' ? [node['$ref']] : []));
    expect(references.length).toBeGreaterThan(100);
    const { schemas, headers, responses } = document.components;
    const there = Object.entries({ schemas, headers, responses }).flatMap(([part, named]) =>
      Object.keys(named).map((name) => `#/components/${part}/${name}`),
    );
    expect(references.filter((reference) => !there.includes(reference))).toEqual([]);
    const referred = new Set(references);
    expect(there.filter((name) => name.includes('/schemas/') && !referred.has(name))).toEqual([]);
  });

  it('says of every answer which headers it has, and of every parameter what it means', () => {
    for (const { name, operation } of operations()) {
      const answers = Object.values(operation['responses'] as Record<string, Node>).filter((each) => !each['$ref']);
      for (const { headers } of answers)
        expect(headers).toMatchObject({ 'x-request-id': {}, 'X-Response-Time-Ms': {} });
      const mute = (operation['parameters'] as Node[]).filter(({ description }) => !description);
      expect([name, mute.map((parameter) => parameter['name'])]).toEqual([name, []]);
    }
  });

  it('says what a cache did and may do of a cached read, whether it comes whole or was not modified', () => {
    const headersOf = (path: string, status: number) =>
      Object.keys((document.paths[path]!['get']!['responses'] as Record<number, { headers: Node }>)[status]!.headers);
    const caching = ['X-Cache', 'X-Cache-Hit', 'X-Cache-Key', 'Age'];
    for (const status of [200, 304]) {
      expect(headersOf('/api/v1/accounts', status)).toEqual(
        expect.arrayContaining([...caching, 'ETag', 'Cache-Control', 'Vary', 'X-Total-Count']),
      );
      expect(headersOf('/api/v1/ledger', status)).toEqual(expect.arrayContaining(['ETag', 'Cache-Control', 'Vary']));
      expect(headersOf('/api/v1/ledger', status)).not.toEqual(expect.arrayContaining(['X-Cache']));
    }
  });

  it('names each operation once, and every parameter of its path', () => {
    const ids = operations().map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, operation } of operations()) {
      const parameters = operation['parameters'] as { in: string; name: string; required: boolean }[];
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map((parameter) => `{${parameter.name}}`)).toEqual(name.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it('gives the contracts as what is validated: required fields, bounds, closed objects', () => {
    const schema = document.components.schemas['NewBudget'];
    expect(schema).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['accountId', 'limitUsd', 'window'],
      properties: {
        window: { enum: ['hour', 'day', 'week', 'month', 'total'] },
        hard: { type: 'boolean', default: true },
      },
    });
    const list = document.paths['/api/v1/accounts']?.['get']?.['parameters'] as { name: string; schema: Node }[];
    expect(list.find(({ name }) => name === 'limit')?.schema).toMatchObject({ minimum: 1, maximum: 100, default: 50 });
    expect(Object.keys(document.components.schemas['CreatedKey']?.['properties'] as Node)).toContain('key');
    expect(Object.keys(document.components.schemas['Key']?.['properties'] as Node)).not.toContain('key');
    expect(Object.keys(document.components.schemas['Provider']?.['properties'] as Node)).not.toContain('apiKey');
    expect(Object.keys(document.components.schemas['NewProvider']?.['properties'] as Node)).not.toContain(
      'sealedApiKey',
    );
  });

  it.each([
    'accounts',
    'keys',
    'budgets',
    'providers',
    'models',
    'routes',
    'sources',
    'metrics',
    'domains',
    'objectives',
  ])('shows a body that creates one of %s, and is taken as it stands', async (resource) => {
    const { requestBody } = document.paths[`/api/v1/${resource}`]!['post'] as {
      requestBody: { content: Record<string, { schema: { $ref: string } }> };
    };
    const name = requestBody.content['application/json']!.schema.$ref.replace('#/components/schemas/', '');
    const [example, ...others] = document.components.schemas[name]?.['examples'] as Node[];
    expect(others).toEqual([]);
    edge.client.received.length = 0;
    await callAsAdmin(edge, 'POST', `/${resource}`, example);
    expect(edge.client.received).toMatchObject([{ subject: expect.stringMatching(`${resource}\\.create$`) }]);
  });

  it.each([
    ['/api/v1/accounts', 'post', 'Roles: admin, manager, each on what its account may see.'],
    ['/api/v1/keys', 'get', 'Roles: admin, manager, member, viewer, each on what its account may see.'],
    ['/api/v1/leases/{id}/release', 'post', 'Roles: admin.'],
    ['/api/v1/models', 'post', 'Roles: admin.'],
    ['/api/v1/providers/{id}', 'get', 'Roles: admin, manager, viewer.'],
    ['/v1/chat/completions', 'post', 'Roles: admin, manager, member.'],
  ])('says who may call %s (%s)', (path, method, roles) => {
    expect(document.paths[path]?.[method]?.['description']).toMatch(new RegExp(`(^| )${roles}$`));
  });

  it('says so of each operation that takes a key', () => {
    for (const { name, operation } of operations()) {
      const said = String(operation['description']).includes('Roles: ');
      expect({ name, said }).toEqual({ name, said: operation['security'] === undefined });
    }
  });

  it('describes errors of each plane in its shape', () => {
    const errorOf = (path: string, method: string, status: number) => {
      const responses = document.paths[path]?.[method]?.['responses'] as Record<number, { $ref: string }>;
      const name = responses[status]!.$ref.replace('#/components/responses/', '');
      return Object.keys(document.components.responses[name]?.['content'] as Node);
    };
    expect(errorOf('/api/v1/accounts', 'post', 400)).toEqual(['application/problem+json']);
    expect(errorOf('/v1/chat/completions', 'post', 402)).toEqual(['application/json']);
  });
});
