import {
  Controller,
  Get,
  Header,
  Injectable,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { Caches } from '../../core/caches.ts';
import { Cached } from '../cached.decorator.ts';
import { CacheModule } from '../cache.module.ts';
import type { HttpHit } from './http-cache.ts';
import { HttpHits } from './http-hits.ts';

/** How often Nest was entered, and each handler ran. */
let entered = 0;
const calls: Record<string, number> = {};
const call = (name: string): number => (calls[name] = (calls[name] ?? 0) + 1);

@Injectable()
class Entered implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    entered += 1;
    return next.handle().pipe(map((data: unknown) => data));
  }
}

const door = { open: true };
@Injectable()
class Door implements CanActivate {
  canActivate(): boolean {
    return door.open;
  }
}

@Controller('things')
@UseInterceptors(Entered)
class Things {
  @Get('own')
  @Cached({ tags: ['things'] })
  own() {
    return { count: call('own'), text: 'é' };
  }

  @Get('tagged/:id')
  @Cached({ scope: 'shared', tags: ['a', 'b'], vary: ['accept-language'], cdnMaxAge: 1_000 })
  tagged() {
    return { count: call('tagged') };
  }

  @Get('guarded')
  @UseGuards(Door)
  @Cached()
  guarded() {
    return { count: call('guarded') };
  }

  @Get('headed')
  @Header('x-own', 'yes')
  @Cached()
  headed() {
    return { count: call('headed') };
  }
}

let app: NestFastifyApplication | undefined;
type Send = Parameters<HttpHits['preHandlerWith']>[0];
async function open(options: { early?: boolean; providers?: Provider[]; send?: Send } = {}): Promise<void> {
  const imports = [CacheModule.forRoot()];
  const { providers } = options;
  const testing = await Test.createTestingModule({ imports, controllers: [Things], providers }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.header('vary', 'Origin').header('x-request-id', '1');
    done();
  });
  const hits = app.get(HttpHits);
  const hook = options.send === undefined ? hits.preHandler : hits.preHandlerWith(options.send);
  if (options.early !== false) fastify.addHook('preHandler', hook);
  await app.init();
}

beforeEach(() => {
  entered = 0;
  door.open = true;
  for (const name of Object.keys(calls)) delete calls[name];
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const { statusCode, headers: answered, body } = await app!.inject({ method, url: `/things/${url}`, headers });
  const told: Record<string, unknown> = { ...answered };
  delete told['date'];
  return { status: statusCode, headers: told, body, mark: told['x-cache'] };
}

describe('a hit before Nest', () => {
  const asked: [string, Record<string, string>][] = [
    ['own', {}],
    ['own?b=2&a=1', { authorization: 'me' }],
    ['tagged/1', { 'accept-language': 'en' }],
  ];
  it.each(asked)(
    'of %s is the answer that Nest would give, also to who has it already and to HEAD',
    async (url, headers) => {
      const answers = async () => {
        const first = await get(url, headers);
        const known = { ...headers, 'if-none-match': String(first.headers['etag']) };
        return [first, await get(url, headers), await get(url, known), await get(url, headers, 'HEAD')];
      };
      await open({ early: false });
      const through = await answers();
      await app!.close();
      delete calls['own'];
      delete calls['tagged'];
      await open();
      const before = entered;
      expect(await answers()).toEqual(through);
      expect(through.map(({ mark }) => mark)).toEqual(['MISS', 'HIT', 'HIT', 'HIT']);
      // Once for the first, and once for the first HEAD.
      expect(entered - before).toBe(2);
    },
  );

  it('is given to nobody else, nor for another header that the route varies by', async () => {
    await open();
    const marks: unknown[] = [];
    for (const authorization of ['a', 'b', 'a', 'b']) marks.push((await get('own', { authorization })).mark);
    for (const language of ['en', 'de', 'en', 'de'])
      marks.push((await get('tagged/1', { 'accept-language': language })).mark);
    expect(marks).toEqual(['MISS', 'MISS', 'HIT', 'HIT', 'MISS', 'MISS', 'HIT', 'HIT']);
    expect(calls).toEqual({ own: 2, tagged: 2 });
  });

  it('is none where the client wants a new answer, or none that is kept', async () => {
    await open();
    const marks: unknown[] = [];
    for (const control of ['', '', 'no-cache', 'no-store', '']) {
      marks.push((await get('own', { 'cache-control': control })).mark);
    }
    expect(marks).toEqual(['MISS', 'HIT', 'MISS', 'BYPASS', 'HIT']);
  });

  it('is none of a route with guards, which decide each time, nor of one with headers of its own', async () => {
    await open();
    for (const url of ['guarded', 'headed'])
      expect([(await get(url)).mark, (await get(url)).mark]).toEqual(['MISS', 'HIT']);
    expect((await get('headed')).headers).toMatchObject({ 'x-cache': 'HIT', 'x-own': 'yes' });
    expect(entered).toBe(5);
    door.open = false;
    expect((await get('guarded')).status).toBe(403);
  });

  it('is sent by the app where it wants to, with all that the answer says of itself', async () => {
    const sent: HttpHit[] = [];
    const send: Send = (hit, request, reply) => {
      if (request.method === 'HEAD') return false;
      sent.push(hit);
      reply.code(200).header('x-own', String(hit.ageSeconds)).send(hit.body);
      return true;
    };
    await open({ send });
    const [first, second] = [await get('tagged/1'), await get('tagged/1')];
    await get('tagged/1');
    expect([second.body, second.headers['x-own'], second.mark]).toEqual([first.body, '0', undefined]);
    expect((await get('tagged/1', {}, 'HEAD')).mark).toBe('HIT');
    const [hit, again] = sent;
    expect([sent.length, hit?.headers === again?.headers, hit?.body === again?.body]).toEqual([2, true, true]);
    const told = Object.fromEntries(pairs(hit!.headers));
    const { 'x-cache': _mark, 'content-length': _length, connection: _connection, ...answered } = first.headers;
    expect({ ...told, 'x-request-id': '1', vary: `origin, ${told['vary']}` }).toEqual(answered);
    expect(told['etag']).toBe(hit!.etag);
    expect(app!.get(Caches).statistics().tiers[0]!.hits).toBe(3);
  });

  it('is refused to an app with a guard for all routes', async () => {
    await expect(open({ providers: [{ provide: APP_GUARD, useClass: Door }] })).rejects.toThrow(/APP_GUARD/);
  });
});

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index]!, list[2 * index + 1]!]);
}
