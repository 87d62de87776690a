import {
  Controller,
  Get,
  Header,
  HttpException,
  Injectable,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { Readable } from 'node:stream';
import { Cached, InvalidateCache } from './cached.decorator.ts';
import { CacheModule } from './cache.module.ts';
import { Caches } from '../core/caches.ts';
import type { CacheRootOptions } from './module-options.ts';

/** What Fastify's reply and Express' response have in common. */
interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body?: unknown): Reply;
}

/** What handlers here count, and what holds them back. */
const calls: Record<string, number> = {};
let gate: Promise<void> | undefined;
let failing = false;
async function call(name: string): Promise<number> {
  await gate;
  return (calls[name] = (calls[name] ?? 0) + 1);
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Controller('things')
class Things {
  @Get('value')
  @Cached({ tags: ['things'] })
  async value() {
    return { calls: await call('value'), text: 'é' };
  }

  @Get('sent')
  @Cached({ tags: (body: { calls: number }) => [`call ${body.calls}`, 'things'] })
  async sent(@Res() reply: Reply) {
    const count = await call('sent');
    reply.header('link', '</next>; rel="next"').header('x-total-count', '3').header('x-request-id', `${count}`);
    reply.send({ calls: count });
  }

  @Get('text')
  @Cached()
  @Header('content-type', 'text/csv')
  async text() {
    return `a,b\n${await call('text')}`;
  }

  @Get('own-tag')
  @Cached()
  async ownTag(@Res({ passthrough: true }) reply: Reply) {
    reply.header('etag', '"v1"').header('cache-control', 'private, max-age=5');
    return { calls: await call('own-tag') };
  }

  @Get('enveloped')
  @UseInterceptors(Envelope)
  @Cached({ staleFor: 60_000, ttl: 1 })
  async enveloped() {
    return { calls: await call('enveloped') };
  }

  @Get('short')
  @Cached({ ttl: 1, staleFor: 60_000 })
  async short(@Res() reply: Reply) {
    const count = await call('short');
    if (failing) return void reply.status(503).send({ failing });
    reply.header('x-count', `${count}`);
    reply.send({ calls: count });
  }

  @Get('cookie')
  @Cached()
  async cookie(@Res() reply: Reply) {
    reply.header('set-cookie', 'a=b').send({ calls: await call('cookie') });
  }

  @Get('stream')
  @Cached()
  async stream(@Res() reply: Reply) {
    const body = Readable.from([`${await call('stream')}`]);
    if ('raw' in reply) reply.send(body);
    else body.pipe(reply as unknown as NodeJS.WritableStream);
  }

  @Get('fails')
  @Cached()
  async fails() {
    throw new HttpException({ calls: await call('fails') }, 418);
  }

  @Get('missing')
  @Cached()
  async missing(@Res() reply: Reply) {
    reply.status(404).send({ calls: await call('missing') });
  }

  @Get('shared')
  @Cached({ scope: 'shared', tags: ['a b', 'c,d'], vary: ['Accept-Language'], browser: { maxAge: 60_000 } })
  async shared() {
    return { calls: await call('shared') };
  }

  @Get('sometimes')
  @Cached({ condition: (request: { query: { cache?: string } }) => request.query.cache !== 'no' })
  async sometimes() {
    return { calls: await call('sometimes') };
  }

  @Get(':id')
  @Cached({ tags: (_body: unknown, request: { params: { id: string } }) => [`thing:${request.params.id}`] })
  async one(@Param('id') id: string, @Query('a') a: string) {
    return { id, a, calls: await call(id) };
  }

  @Post(':id')
  @InvalidateCache({ tags: (_result: unknown, request: { params: { id: string } }) => [`thing:${request.params.id}`] })
  write(@Param('id') id: string, @Query('fail') fail?: string) {
    if (fail) throw new HttpException('no', 400);
    return { id };
  }

  @Post(':id/sent')
  @InvalidateCache({ tags: (result: { tag: string }) => [result.tag] })
  writeSent(@Param('id') id: string, @Req() request: { query: { status: string } }, @Res() reply: Reply) {
    reply.status(Number(request.query.status)).send({ tag: `thing:${id}` });
  }
}

const platforms: [string, () => FastifyAdapter | ExpressAdapter][] = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
];

describe.each(platforms)('on %s, a cached GET', (_platform, adapter) => {
  let app: INestApplication;
  let url: string;

  async function open(options: CacheRootOptions = {}, controllers: Type[] = [Things]): Promise<void> {
    const testing = await Test.createTestingModule({ imports: [CacheModule.forRoot(options)], controllers }).compile();
    app = testing.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }

  async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(`${url}/things/${path}`, { headers, method });
    return { response, status: response.status, mark: response.headers.get('x-cache'), body: await response.text() };
  }

  const json = (body: string) => JSON.parse(body) as { calls: number };

  beforeEach(async () => {
    for (const name of Object.keys(calls)) delete calls[name];
    gate = undefined;
    failing = false;
    await open();
  });
  afterEach(() => app.close());

  it.each(['value', 'sent', 'text'])(
    'runs the handler (%s) once, and gives the same bytes and headers again',
    async (path) => {
      const first = await get(path);
      const second = await get(path);
      expect([first.mark, second.mark]).toEqual(['MISS', 'HIT']);
      expect(second.body).toBe(first.body);
      expect(calls[path]).toBe(1);
      for (const name of [
        'content-type',
        'content-length',
        'etag',
        'cache-control',
        'vary',
        'link',
        'x-total-count',
        'x-cache-key',
      ])
        expect([name, second.response.headers.get(name)]).toEqual([name, first.response.headers.get(name)]);
      expect(first.response.headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
      expect(first.response.headers.get('cache-control')).toBe('private, no-cache');
      expect(first.response.headers.get('vary')).toBe('authorization, cookie');
      expect([first.response.headers.get('age'), second.response.headers.get('age')]).toEqual([null, '0']);
    },
  );

  it('keeps no header of one request', async () => {
    const first = await get('sent');
    const second = await get('sent');
    expect([first, second].map(({ response }) => response.headers.get('x-request-id'))).toEqual(['1', null]);
  });

  it('answers 304 to who has it, whether the handler ran or not', async () => {
    const { response } = await get('value');
    const etag = response.headers.get('etag')!;
    const hit = await get('value', { 'if-none-match': `W/"x", W/${etag}` });
    expect([hit.status, hit.mark, hit.body]).toEqual([304, 'HIT', '']);
    expect(hit.response.headers.get('etag')).toBe(etag);
    await app.get(Caches).namespace('http').clear();
    calls['value'] = 0;
    const miss = await get('value', { 'if-none-match': etag });
    expect([miss.status, miss.mark, miss.body]).toEqual([304, 'MISS', '']);
    expect((await get('value')).mark).toBe('HIT');
  });

  it('keeps the ETag and Cache-Control that a handler has set', async () => {
    for (const mark of ['MISS', 'HIT']) {
      const answer = await get('own-tag');
      expect(answer.mark).toBe(mark);
      expect(answer.response.headers.get('etag')).toBe('"v1"');
      expect(answer.response.headers.get('cache-control')).toBe('private, max-age=5');
    }
    expect((await get('own-tag', { 'if-none-match': '"v1"' })).status).toBe(304);
  });

  it('keeps what interceptors around made of the value', async () => {
    const first = await get('enveloped');
    expect(first.body).toBe('{"data":{"calls":1}}');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const stale = await get('enveloped');
    expect([stale.mark, stale.body]).toEqual(['STALE', '{"data":{"calls":1}}']);
    await until(() => calls['enveloped'] === 2);
    await until(async () => (await get('enveloped')).body !== first.body);
    expect((await get('enveloped')).body).toMatch(/^\{"data":\{"calls":\d+\}\}$/);
  });

  it('gives a stale answer at once, and runs the handler when that is out', async () => {
    await get('short');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const stale = await Promise.all([get('short'), get('short')]);
    expect(stale.map(({ mark, body }) => [mark, body])).toEqual([
      ['STALE', '{"calls":1}'],
      ['STALE', '{"calls":1}'],
    ]);
    expect(calls['short']).toBe(1);
    resolve();
    await until(() => calls['short'] === 2);
    await until(async () => json((await get('short')).body).calls === 2);
    const { response, body } = await get('short');
    expect(response.headers.get('x-count')).toBe(`${json(body).calls}`);
  });

  it('goes on giving the stale answer where the handler fails', async () => {
    await get('short');
    failing = true;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await get('short')).mark).toBe('STALE');
    await until(() => calls['short'] === 2);
    const again = await get('short');
    expect([again.status, again.mark, again.body]).toEqual([200, 'STALE', '{"calls":1}']);
  });

  it('runs one handler for all who ask at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const asked = Array.from({ length: 50 }, (_, index) => get(index % 2 ? 'sent?b=2&a=1' : 'sent?a=1&b=2'));
    await until(() => app.get(Caches).statistics().namespaces['http']?.stampedesJoined === 49);
    resolve();
    const answers = await Promise.all(asked);
    expect(calls['sent']).toBe(1);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['{"calls":1}']));
    expect(answers.filter(({ mark }) => mark === 'MISS')).toHaveLength(1);
    expect(answers.filter(({ mark }) => mark === 'HIT')).toHaveLength(49);
  });

  it.each(['cookie', 'fails', 'missing', 'stream'])(
    'lets everybody run their own handler where the answer (%s) is not to be kept',
    async (path) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      const asked = Array.from({ length: 5 }, () => get(path));
      await until(() => app.get(Caches).statistics().namespaces['http']?.stampedesJoined === 4);
      resolve();
      const answers = await Promise.all(asked);
      expect(calls[path]).toBe(5);
      expect(new Set(answers.map(({ body }) => body)).size).toBe(5);
      expect(answers.map(({ mark }) => mark).filter((mark) => mark === 'HIT' || mark === 'MISS')).toEqual([]);
      await get(path);
      expect(calls[path]).toBe(6);
    },
  );

  it('shares nothing between callers, nor between queries', async () => {
    const callers: Record<string, string>[] = [
      {},
      { authorization: 'Bearer a' },
      { authorization: 'Bearer b' },
      { cookie: 'a' },
      { 'x-api-key': 'a' },
    ];
    for (const headers of callers) expect((await get('value', headers)).mark).toBe('MISS');
    for (const headers of callers) expect((await get('value', headers)).mark).toBe('HIT');
    expect((await get('value?a=1')).mark).toBe('MISS');
    expect((await get('value?a=1&a=2')).mark).toBe('MISS');
    expect((await get('value?a=2&a=1')).mark).toBe('MISS');
  });

  it('knows callers as it is told to, and caches nothing for whom it does not know', async () => {
    await app.close();
    const callerOf = ({ headers }: { headers: Record<string, string> }) => headers['x-user'];
    await open({ http: { callerOf } });
    expect((await get('value', { 'x-user': '1', authorization: 'a' })).mark).toBe('MISS');
    expect((await get('value', { 'x-user': '1', authorization: 'b' })).mark).toBe('HIT');
    expect((await get('value', { 'x-user': '2', authorization: 'a' })).mark).toBe('MISS');
    expect((await get('value')).mark).toBe('BYPASS');
  });

  it('shares where it is told to, by the headers it varies by, and shows CDNs its tags', async () => {
    const first = await get('shared', { authorization: 'a', 'accept-language': 'de, en' });
    expect(first.mark).toBe('MISS');
    const second = await get('shared', { authorization: 'b', 'accept-language': 'EN,de', 'cache-control': 'no-cache' });
    expect(second.mark).toBe('HIT');
    expect((await get('shared', { 'accept-language': 'fr' })).mark).toBe('MISS');
    expect(second.response.headers.get('vary')).toBe('accept-language');
    expect(second.response.headers.get('cache-control')).toBe('public, max-age=60');
    expect(second.response.headers.get('surrogate-key')).toBe('a%20b c%2Cd');
  });

  it('has its way with the cache where the caller wants no cached answer', async () => {
    await get('value');
    expect((await get('value', { 'cache-control': 'no-store' })).mark).toBe('BYPASS');
    expect(json((await get('value')).body).calls).toBe(1);
    expect((await get('value', { 'cache-control': 'no-cache' })).mark).toBe('MISS');
    const after = await get('value');
    expect([after.mark, json(after.body).calls]).toEqual(['HIT', 3]);
  });

  it('goes past the cache where its condition says so', async () => {
    expect((await get('sometimes?cache=no')).mark).toBe('BYPASS');
    expect((await get('sometimes')).mark).toBe('MISS');
  });

  it('answers HEAD from what GET left, and leaves nothing for GET', async () => {
    expect((await get('value', {}, 'HEAD')).mark).toBe('MISS');
    const { mark, response } = await get('value');
    expect(mark).toBe('MISS');
    const head = await get('value', {}, 'HEAD');
    expect([head.mark, head.body]).toEqual(['HIT', '']);
    expect(head.response.headers.get('content-length')).toBe(response.headers.get('content-length'));
    expect(head.response.headers.get('etag')).toBe(response.headers.get('etag'));
  });

  it('is asked again after a write that succeeded, and only then', async () => {
    await get('7');
    await fetch(`${url}/things/7?fail=1`, { method: 'POST' });
    await fetch(`${url}/things/7/sent?status=409`, { method: 'POST' });
    expect((await get('7')).mark).toBe('HIT');
    expect((await fetch(`${url}/things/7`, { method: 'POST' })).status).toBe(201);
    expect((await get('7')).mark).toBe('MISS');
    const sent = await fetch(`${url}/things/7/sent?status=202`, { method: 'POST' });
    expect([sent.status, await sent.json()]).toEqual([202, { tag: 'thing:7' }]);
    expect((await get('7')).mark).toBe('MISS');
  });

  it('is answered by its handler where the cache is closed', async () => {
    await app.get(Caches).close();
    const first = await get('value');
    const second = await get('value');
    expect([first, second].map(({ status, mark, body }) => [status, mark, json(body).calls])).toEqual([
      [200, 'BYPASS', 1],
      [200, 'BYPASS', 2],
    ]);
    expect((await fetch(`${url}/things/7`, { method: 'POST' })).status).toBe(201);
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
