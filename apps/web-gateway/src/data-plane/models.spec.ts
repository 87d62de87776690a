import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestConfiguration, TestGateway } from './testing/test-gateway.ts';

describe('the list of models', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    const configuration = new TestConfiguration();
    configuration.listed = [
      { id: 'chat', created: 1_700_000_000, ownedBy: 'purser' },
      { id: 'acme/org/model-1:free', created: 1_700_000_001, ownedBy: 'acme' },
    ];
    gateway = await TestGateway.start(configuration);
  });
  afterAll(() => gateway.stop());

  const get = async (path: string) => {
    const response = await fetch(`${gateway.url}${path}`, { headers: { authorization: 'Bearer k' } });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const route = { id: 'chat', object: 'model', created: 1_700_000_000, owned_by: 'purser' };
  const model = { id: 'acme/org/model-1:free', object: 'model', created: 1_700_000_001, owned_by: 'acme' };

  it('holds every name that can be called', async () => {
    expect(await get('/v1/models')).toEqual({ status: 200, body: { object: 'list', data: [route, model] } });
  });

  it.each([
    '/v1/models/acme/org/model-1:free',
    '/v1/models/acme%2Forg%2Fmodel-1%3Afree',
    '/v1/models/acme%2forg/model-1:free',
  ])('finds a name with slashes as %s', async (path) => {
    expect(await get(path)).toEqual({ status: 200, body: model });
  });

  it('finds a route', async () => {
    expect(await get('/v1/models/chat')).toEqual({ status: 200, body: route });
  });

  it.each(['/v1/models/none', '/v1/models/acme', '/v1/models/acme%252Forg', '/v1/models/__proto__'])(
    'does not find %s',
    async (path) => {
      const error = { type: 'invalid_request_error', code: 'model_not_found', param: 'model' };
      expect(await get(path)).toMatchObject({ status: 404, body: { error } });
    },
  );
});
