import { Controller, Get, Post } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { ControlPlane } from '../control-plane/control-plane.decorator.ts';
import { startTestEdge } from '../testing/start-test-edge.ts';
import { accessOf } from './access.ts';

@ControlPlane('treasures')
class NewController {
  @Get()
  list() {
    return [];
  }
}

@Controller('api/v1/accounts')
class NewActionController {
  @Post(':id/plunder')
  plunder() {
    return {};
  }
}

@Controller('api/elsewhere')
class OutsideController {
  @Get()
  list() {
    return [];
  }
}

describe('a route below /api', () => {
  it.each([
    ['of a resource', NewController, /GET \/api\/v1\/treasures: say in authentication\/access.ts who does "read"/],
    ['for an action', NewActionController, /POST \/api\/v1\/accounts\/:id\/plunder: .* who does "plunder"/],
    ['outside of the API', OutsideController, /GET \/api\/elsewhere/],
  ])('%s that nobody was given access to refuses the start', async (_, controller, message) => {
    await expect(startTestEdge({ controllers: [controller] })).rejects.toThrow(message);
  });

  it.each([
    ['PUT', '/api/v1/accounts/:id'],
    ['POST', '/api/v1/accounts/:id'],
    ['POST', '/api/v1/usage'],
    ['POST', '/api/v1/toString'],
    ['GET', '/api/v1/__proto__'],
    ['GET', '/api/v1/accounts.evil'],
    ['GET', '/api/v2/accounts'],
    ['POST', '/api/v1/webhooks/github/secrets'],
    ['GET', '/api/v1/webhooks'],
  ])('%s %s has no access that could be guessed', (method, pattern) => {
    expect(() => accessOf(method, pattern)).toThrow('Nobody may call');
  });

  it('is found however its parameters are written, and HEAD is as GET', () => {
    for (const pattern of ['/api/v1/leases/:id/release', '/api/v1/leases/{id}/release']) {
      expect(accessOf('POST', pattern)).toEqual({ roles: ['admin'], owned: true });
    }
    expect(accessOf('HEAD', '/api/v1/leases')).toEqual(accessOf('get', '/api/v1/leases'));
  });
});
