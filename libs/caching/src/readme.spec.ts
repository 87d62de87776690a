import { Controller, Get, Inject, Injectable, Module, Param, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Cached, CacheModule, InvalidateCache } from './index.ts';

let balance = 1;
let reads = 0;
const source = {
  balance: async (_id: string) => ((reads += 1), balance),
  topUp: async (_id: string) => (balance += 1),
};

@Injectable()
class Accounts {
  @Cached({ ttl: 60_000, tags: (_account: unknown, id: string) => [`account:${id}`] })
  async find(id: string) {
    return { id, balance: await source.balance(id) };
  }

  @InvalidateCache({ tags: (_result: unknown, id: string) => [`account:${id}`] })
  async topUp(id: string) {
    await source.topUp(id);
  }
}

@Controller('accounts')
class AccountsController {
  constructor(@Inject(Accounts) private readonly accounts: Accounts) {}

  @Get(':id')
  @Cached({ ttl: 1_000, staleFor: 60_000 })
  find(@Param('id') id: string) {
    return this.accounts.find(id);
  }
}

@Module({ imports: [CacheModule.forRoot()], controllers: [AccountsController], providers: [Accounts] })
class ShopModule {}

let app: INestApplication;
beforeAll(async () => {
  app = await NestFactory.create(ShopModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

it('shows in the README what runs here, and gives what it says', async () => {
  const lines = (text: string) => text.split('\n').map((line) => line.trim());
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  expect(lines(shown).filter((line) => !own.includes(line))).toEqual([]);

  const get = async (headers = {}) => fetch(`${await app.getUrl()}/accounts/1`, { headers });
  const first = await get();
  const etag = first.headers.get('etag')!;
  const second = await get({ 'if-none-match': etag });
  expect([first.headers.get('x-cache'), second.headers.get('x-cache'), second.status]).toEqual(['MISS', 'HIT', 304]);
  await app.get(Accounts).topUp('1');
  expect(await app.get(Accounts).find('1')).toEqual({ id: '1', balance: 2 });
  expect(reads).toBe(2);
});
