import { Controller, Get, Res, type INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { request } from 'node:http';
import { gzip as gzipWithCallback } from 'node:zlib';
import { promisify } from 'node:util';
import { Caches } from '../core/caches.ts';
import { Cached } from './cached.decorator.ts';
import { CacheModule } from './cache.module.ts';

const gzip = promisify(gzipWithCallback);

interface Reply extends ServerResponse {
  readonly raw: ServerResponse;
  hijack(): void;
  header(name: string, value: string): Reply;
  send(body?: unknown): Reply;
  json(body: unknown): Reply;
}

const calls: Record<string, number> = {};
let gate: Promise<void> | undefined;
function call(name: string): number {
  return (calls[name] = (calls[name] ?? 0) + 1);
}

@Controller()
class Edges {
  @Get('gated')
  @Cached()
  async gated(@Res() reply: Reply) {
    const count = call('gated');
    await gate;
    reply.send({ text: 'x'.repeat(2_000), count });
  }

  @Get('large')
  @Cached()
  large() {
    return 'x'.repeat(call('large') + 2_000);
  }

  @Get('binary')
  @Cached()
  binary(@Res() reply: Reply) {
    reply.send(Buffer.from([call('binary'), 0xff, 0xfe]));
  }

  @Get('utf8')
  @Cached()
  utf8(@Res() reply: Reply) {
    reply.header('content-type', 'text/plain; charset=utf-8').send(Buffer.from(`é ${call('utf8')}`));
  }

  @Get('untagged')
  @Cached({
    tags: () => {
      throw new Error('no tags');
    },
  })
  untagged() {
    return { count: call('untagged') };
  }

  @Get('empty')
  @Cached()
  empty() {
    call('empty');
  }

  @Get('hijacked')
  @Cached()
  hijacked(@Res() reply: Reply) {
    reply.hijack();
    reply.raw.end(`${call('hijacked')}`);
  }

  @Get('pieces')
  @Cached()
  pieces(@Res() reply: Reply) {
    reply.write('a');
    reply.end(`${call('pieces')}`);
  }

  @Get('ended')
  @Cached()
  ended(@Res() reply: Reply) {
    reply.setHeader('content-type', 'text/plain');
    reply.end(`${call('ended')}`);
  }

  @Get('json')
  @Cached()
  json(@Res() reply: Reply) {
    reply.json([call('json')]);
  }
}

let app: INestApplication;
let url: string;
async function open(adapter: FastifyAdapter | ExpressAdapter): Promise<void> {
  for (const name of Object.keys(calls)) delete calls[name];
  gate = undefined;
  const imports = [CacheModule.forRoot({ http: { maxBytes: 2_500 } })];
  const testing = await Test.createTestingModule({ imports, controllers: [Edges] }).compile();
  app = testing.createNestApplication(adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/${path}`, { headers });
  return { response, mark: response.headers.get('x-cache'), body: await response.text() };
}

const marksOf = async (path: string) => [(await get(path)).mark, (await get(path)).mark];

afterEach(() => app.close());

describe.each<[string, () => FastifyAdapter | ExpressAdapter]>([
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
])('on %s', (_platform, adapter) => {
  it.each(['binary', 'untagged', 'empty'])('an answer that is %s is not kept, and not waited for', async (path) => {
    await open(adapter());
    expect(await marksOf(path)).toEqual(['BYPASS', 'BYPASS']);
    expect(calls[path]).toBe(2);
  });

  it('an answer that is too large is not kept, and one that is bytes in UTF-8 is', async () => {
    await open(adapter());
    expect(await marksOf('utf8')).toEqual(['MISS', 'HIT']);
    expect((await get('utf8')).body).toBe('é 1');
    expect(await marksOf('large')).toEqual(['MISS', 'HIT']);
    await app.close();
    await open(adapter());
    calls['large'] = 500;
    expect(await marksOf('large')).toEqual(['BYPASS', 'BYPASS']);
  });

  it('a client that leaves costs those who wait for the same nothing', async () => {
    await open(adapter());
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const leaving = request(`${url}/gated`).on('error', () => {});
    leaving.end();
    while (calls['gated'] !== 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const waiting = get('gated');
    while (app.get(Caches).statistics().namespaces['http']?.stampedesJoined !== 1)
      await new Promise((resolve) => setTimeout(resolve, 1));
    leaving.destroy();
    resolve();
    expect((await waiting).mark).toBe('HIT');
    expect(calls['gated']).toBe(1);
  });
});

describe('on Fastify', () => {
  it('hooks that code answers go on working, and what is kept is not coded', async () => {
    const adapter = new FastifyAdapter();
    adapter.getInstance().addHook('onSend', async (asked, reply, payload) => {
      if (!Buffer.isBuffer(payload) || asked.headers['accept-encoding'] !== 'gzip') return payload;
      const etag = String(reply.getHeader('etag')).replace(/"$/, '+gzip"');
      const coded = await gzip(payload);
      void reply.headers({ 'content-encoding': 'gzip', etag, 'content-length': coded.length });
      return coded;
    });
    await open(adapter);
    const plain = { 'accept-encoding': 'identity' };
    const marks = [];
    for (const headers of [{ 'accept-encoding': 'gzip' }, plain, { 'accept-encoding': 'gzip' }]) {
      const { response, mark, body } = await get('gated', headers);
      marks.push([mark, response.headers.get('content-encoding'), response.headers.get('etag')!.includes('+gzip')]);
      expect(JSON.parse(body)).toEqual({ text: 'x'.repeat(2_000), count: 1 });
    }
    expect(marks).toEqual([
      ['MISS', 'gzip', true],
      ['HIT', null, false],
      ['HIT', 'gzip', true],
    ]);
  });

  it('an answer past the reply is not kept, nor waited for longer than it takes', async () => {
    await open(new FastifyAdapter());
    expect([(await get('hijacked')).body, (await get('hijacked')).body]).toEqual(['1', '2']);
  });
});

describe('on Express', () => {
  it('what is sent as JSON or ended is kept, and what is written in pieces is not', async () => {
    await open(new ExpressAdapter());
    expect([await marksOf('json'), await marksOf('ended')]).toEqual([
      ['MISS', 'HIT'],
      ['MISS', 'HIT'],
    ]);
    expect((await get('json')).response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect([(await get('pieces')).body, (await get('pieces')).body]).toEqual(['a1', 'a2']);
  });
});
