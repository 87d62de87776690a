import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { brotliDecompressSync, createGunzip, gunzipSync, inflateSync } from 'node:zlib';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { startTestEdge, testConfig, type TestEdge } from '../testing/start-test-edge.ts';
import { Compression } from './compression.ts';

const words = (bytes: number): string => JSON.stringify({ text: 'every cent counts '.repeat(bytes / 18) });
const small = JSON.stringify({ text: 'x'.repeat(1_013) });
const large = words(60_000);

@Controller('health/sample')
class SampleController {
  @Get('json')
  json(@Res() reply: FastifyReply): void {
    void reply.type('application/json; charset=utf-8').send(words(3_000));
  }

  @Get('large')
  large(@Res() reply: FastifyReply): void {
    void reply.header('content-length', large.length).type('application/json').send(large);
  }

  @Get('small')
  small(@Res() reply: FastifyReply): void {
    void reply.type('application/json').send(small);
  }

  @Get('events')
  events(@Res() reply: FastifyReply): void {
    void reply.type('text/event-stream').send(Readable.from([`data: ${large}\n\n`]));
  }

  @Get('image')
  image(@Res() reply: FastifyReply): void {
    void reply.type('image/png').send(Buffer.alloc(5_000));
  }

  @Get('coded')
  coded(@Res() reply: FastifyReply): void {
    void reply.type('application/json').header('content-encoding', 'zstd').send(Buffer.alloc(5_000));
  }

  @Get('declined')
  declined(@Res() reply: FastifyReply): void {
    void reply.type('application/json').header('x-no-compression', '1').send(large);
  }

  @Get('untouched')
  untouched(@Res() reply: FastifyReply): void {
    void reply.type('application/json').header('cache-control', 'no-transform').send(large);
  }

  @Get('endless')
  endless(@Res() reply: FastifyReply): void {
    const rows = new Readable({ read: () => undefined });
    rows.push(`${large}\n`);
    void reply.type('application/x-ndjson').header('content-disposition', 'attachment').send(rows);
  }

  @Get('broken')
  broken(@Res() reply: FastifyReply): void {
    const rows = async function* (): AsyncGenerator<string> {
      yield `${large}\n`;
      await Promise.resolve();
      throw new Error('the source broke');
    };
    void reply.type('application/x-ndjson').send(Readable.from(rows()));
  }
}

describe('compression', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge({ controllers: [SampleController] });
    await edge.app.listen(0, '127.0.0.1');
  });
  afterAll(() => edge?.app.close());

  const get = (name: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    edge.app.inject({ method, url: `/health/sample/${name}`, headers });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ])('sends %s to who accepts it, small and large, with its length', async (coding, decoded) => {
    for (const [name, text] of [
      ['json', words(3_000)],
      ['large', large],
    ] as const) {
      const answer = await get(name, { 'accept-encoding': coding });
      expect(answer.headers['content-encoding']).toBe(coding);
      expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
      expect(answer.headers.vary).toBe('Accept-Encoding');
      expect(answer.rawPayload.length).toBeLessThan(text.length / 10);
      expect(decoded(answer.rawPayload).toString()).toBe(text);
    }
  });

  it.each([
    ['to who says nothing of it', 'large', {}],
    ['to who wants it as it is', 'large', { 'accept-encoding': 'gzip;q=0.1, identity' }],
    ['with x-no-compression', 'large', { 'accept-encoding': 'gzip', 'x-no-compression': '1' }],
    ['of 1 024 bytes', 'small', { 'accept-encoding': 'gzip' }],
    ['of events', 'events', { 'accept-encoding': 'gzip' }],
    ['of a picture', 'image', { 'accept-encoding': 'gzip' }],
    ['that says x-no-compression itself', 'declined', { 'accept-encoding': 'gzip' }],
    ['that must not be transformed', 'untouched', { 'accept-encoding': 'gzip' }],
  ])('leaves an answer %s as it is', async (_what, name, headers) => {
    const answer = await get(name, headers as Record<string, string>);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('codes nothing twice', async () => {
    const answer = await get('coded', { 'accept-encoding': 'gzip' });
    expect(answer.headers['content-encoding']).toBe('zstd');
    expect(answer.rawPayload).toEqual(Buffer.alloc(5_000));
  });

  it('codes however little for who refuses it as it is, and refuses who accepts nothing', async () => {
    const coded = await get('small', { 'accept-encoding': 'gzip, identity;q=0' });
    expect(gunzipSync(coded.rawPayload).toString()).toBe(small);
    const refused = await get('small', { 'accept-encoding': '*;q=0' });
    expect(refused.statusCode).toBe(406);
    expect(refused.json()).toMatchObject({ code: 'not_acceptable', field: 'accept-encoding' });
  });

  it('says of HEAD what GET would be answered', async () => {
    for (const coding of ['gzip', 'identity']) {
      const read = await get('large', { 'accept-encoding': coding });
      const head = await get('large', { 'accept-encoding': coding }, 'HEAD');
      expect(head.rawPayload.length).toBe(0);
      for (const name of ['content-length', 'content-encoding', 'vary', 'content-type']) {
        expect([name, head.headers[name]]).toEqual([name, read.headers[name]]);
      }
    }
  });

  it('cuts an answer whose source breaks, coded or not', async () => {
    for (const coding of ['gzip', 'br', 'identity']) {
      const url = `${await edge.app.getUrl()}/health/sample/broken`;
      const read = fetch(url, { headers: { 'accept-encoding': coding } }).then((response) => response.text());
      await expect(read).rejects.toThrow();
    }
  });
});

describe('more streams than can be coded at once', () => {
  it('go as they are, but to who refuses them so', async () => {
    const edge = await startTestEdge({ controllers: [SampleController] });
    try {
      await edge.app.listen(0, '127.0.0.1');
      const url = `${await edge.app.getUrl()}/health/sample/endless`;
      const begin = (acceptEncoding: string) =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get(url, { headers: { 'accept-encoding': acceptEncoding } }, resolve).on('error', reject);
        });
      const coded = await Promise.all(Array.from({ length: 32 }, () => begin('gzip')));
      expect(new Set(coded.map(({ headers }) => headers['content-encoding']))).toEqual(new Set(['gzip']));
      const plain = await begin('gzip');
      expect([plain.statusCode, plain.headers['content-encoding']]).toEqual([200, undefined]);
      const refused = await begin('gzip, identity;q=0');
      expect([refused.statusCode, refused.headers]).toMatchObject([
        503,
        { 'retry-after': '1', 'content-encoding': 'gzip', 'content-type': expect.stringMatching(/problem\+json/) },
      ]);
      expect(refused.headers['content-disposition']).toBeUndefined();
      const body = Buffer.concat((await refused.toArray()) as Buffer[]);
      expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({ code: 'unavailable' });
      for (const answer of [...coded, plain]) answer.destroy();
    } finally {
      await edge.app.close();
    }
  });
});

describe('a body that is sent again', () => {
  it.each([1_000, 60_000])('is coded once for each coding, of %j bytes', async (bytes) => {
    const compression = new Compression(testConfig());
    const body = Buffer.from(words(bytes));
    const [first, second] = [compression.bytes(body, 'br', undefined), compression.bytes(body, 'br', undefined)];
    expect(await second).toBe(await first);
    expect(await compression.bytes(body, 'br', undefined)).toBe(await first);
    expect(gunzipSync((await compression.bytes(body, 'gzip', undefined))!)).toEqual(body);
    expect(await compression.bytes(Buffer.from(body), 'br', undefined)).not.toBe(await first);
  });
});

describe('a stream', () => {
  const compression = new Compression(testConfig());

  it('comes out piece by piece', async () => {
    let finish: () => void = () => undefined;
    const rows = async function* (): AsyncGenerator<string> {
      yield 'first\n';
      await new Promise<void>((resolve) => (finish = resolve));
      yield 'second\n';
    };
    const pieces = compression.stream(Readable.from(rows()), 'gzip')!.pipe(createGunzip());
    const received: string[] = [];
    for await (const piece of pieces) {
      received.push(String(piece));
      finish();
    }
    expect(received).toEqual(['first\n', 'second\n']);
  });

  it('is let go of when nobody reads it any more, and counts no longer', async () => {
    for (let round = 0; round < 100; round++) {
      const source = new Readable({ read: () => undefined });
      const closed = new Promise((resolve) => source.once('close', resolve));
      const coded = compression.stream(source, 'br')!;
      coded.on('error', () => undefined).destroy();
      await closed;
      expect(source.destroyed).toBe(true);
    }
  });

  it('goes out as it is when too many are under way', () => {
    const busy = new Compression(testConfig());
    const sources = Array.from({ length: 40 }, () => new Readable({ read: () => undefined }));
    const coded = sources.map((source) => busy.stream(source, 'gzip'));
    expect(coded.filter(Boolean)).toHaveLength(32);
    for (const stream of coded) stream?.on('error', () => undefined).destroy();
  });
});

describe('much at once', () => {
  it('is compressed two at a time, and what has to wait for too long a line goes as it is', async () => {
    const compression = new Compression(testConfig());
    const body = Buffer.from(randomBytes(20_000).toString('hex'));
    const answers = await Promise.all(
      Array.from({ length: 80 }, async () => compression.bytes(Buffer.from(body), 'gzip', 'gzip')),
    );
    const coded = answers.filter((answer) => answer !== undefined);
    expect(coded).toHaveLength(66);
    for (const each of coded) expect(gunzipSync(each).equals(body)).toBe(true);
    // All places are free again.
    expect(gunzipSync((await compression.bytes(Buffer.from(body), 'gzip', 'gzip'))!).equals(body)).toBe(true);
  });

  it('is compressed however long the line is for who refuses it as it is', async () => {
    const compression = new Compression(testConfig());
    const body = Buffer.from(randomBytes(20_000).toString('hex'));
    const line = Array.from({ length: 66 }, async () => compression.bytes(Buffer.from(body), 'gzip', 'gzip'));
    expect(await compression.bytes(Buffer.from(body), 'gzip', 'gzip')).toBeUndefined();
    const coded = await compression.bytes(Buffer.from(body), 'gzip', 'gzip, identity;q=0');
    expect(gunzipSync(coded!).equals(body)).toBe(true);
    await Promise.all(line);
  });
});
