import { Controller, Get, Injectable, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  EventPattern,
  MessagePattern,
  Payload,
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { Caches } from '../core/caches.ts';
import { CacheWarmer } from '../core/warmer.ts';
import { CachedCalls } from './cached-calls.ts';
import { Cached, InvalidateCache } from './cached.decorator.ts';
import { CacheModule } from './cache.module.ts';

const calls: Record<string, number> = {};
function call(name: string): number {
  return (calls[name] = (calls[name] ?? 0) + 1);
}

@Injectable()
class Accounts {
  readonly #name = 'account';

  @Cached({ tags: (account: { id: string }) => [`account:${account.id}`] })
  async find(id: string, _options?: { deep?: unknown }) {
    return { id, name: this.#name, calls: call('find') };
  }

  @Cached({ negativeTtl: 60_000 })
  async nothing(_id: number | string | null | Date) {
    call('nothing');
    return undefined;
  }

  @Cached({ keyGenerator: (id: string) => (id === 'never' ? undefined : ['balance', id]), namespace: 'money' })
  async balance(_id: string): Promise<number> {
    return call('balance');
  }

  @Cached({ condition: (id: string) => id !== 'live' })
  async status(_id: string): Promise<number> {
    return call('status');
  }

  @InvalidateCache(
    { tags: (_result: unknown, id: string) => [`account:${id}`] },
    { namespace: 'money', prefix: 'balance:' },
  )
  async rename(_id: string, name: string): Promise<string> {
    if (name === '') throw new Error('no name');
    return name;
  }

  @Cached()
  async fails(): Promise<never> {
    call('fails');
    throw new Error('not today');
  }

  @InvalidateCache({ tags: () => ['x'.repeat(10_000)] })
  async unclear(): Promise<string> {
    return 'written';
  }
}

@Injectable()
@Cached({ tags: ['prices'] })
class Prices {
  async list(): Promise<number[]> {
    return [call('list')];
  }

  @InvalidateCache({ tags: ['prices'] })
  async change(): Promise<number> {
    return call('change');
  }

  async onModuleInit(): Promise<void> {
    call('init');
  }
}

@Controller()
class Messages {
  @MessagePattern('find')
  @Cached({ tags: (_value: unknown, payload: { id: number }) => [`thing:${payload.id}`] })
  async find(@Payload() payload: { id: number }) {
    return { ...payload, calls: call('message') };
  }

  @MessagePattern('change')
  @InvalidateCache({
    namespace: 'messages',
    tags: (_value: unknown, payload: { id: number }) => [`thing:${payload.id}`],
  })
  async change(@Payload() payload: { id: number; fail?: boolean }) {
    if (payload.fail) throw new Error('no');
    return 'changed';
  }

  @EventPattern('happened')
  @Cached()
  async happened(@Payload() _payload: unknown) {
    call('event');
  }
}

@Controller('prices')
@Cached({ tags: ['prices'] })
class PricesController {
  @Get('own')
  @Cached({ tags: ['own'] })
  async own() {
    return { calls: call('own') };
  }

  @Get()
  async list() {
    return { calls: call('http') };
  }
}

/** Calls handlers with what JSON makes of payloads. */
class Local extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
  async ask(pattern: string, payload: unknown): Promise<unknown> {
    const handler: MessageHandler = this.messageHandlers.get(pattern)!;
    const result: unknown = await handler(JSON.parse(JSON.stringify(payload)), {});
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}

let app: NestFastifyApplication;
let transport: Local;

async function open(providers: Provider[], controllers: Type[] = [], root: DynamicModule = CacheModule.forRoot()) {
  const testing = await Test.createTestingModule({ imports: [root], providers, controllers }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  transport = new Local();
  app.connectMicroservice<MicroserviceOptions>({ strategy: transport });
  await app.startAllMicroservices();
  await app.init();
}

beforeEach(() => {
  for (const name of Object.keys(calls)) delete calls[name];
});
afterEach(() => app.close());

describe("a provider's cached method", () => {
  let accounts: Accounts;
  beforeEach(async () => {
    await open([Accounts, Prices]);
    accounts = app.get(Accounts);
  });

  it('is called once for the same arguments, whatever the order of their members', async () => {
    const first = await accounts.find('1', { deep: { a: 1, b: [null, 2] } });
    expect(first).toEqual({ id: '1', name: 'account', calls: 1 });
    expect(await accounts.find('1', { deep: { b: [null, 2], a: 1 } })).toBe(first);
    expect(await Promise.all([accounts.find('2'), accounts.find('2', undefined)])).toHaveLength(2);
    expect(calls['find']).toBe(2);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('is called for each of different arguments', async () => {
    for (const id of [1, '1', 1.5, null, 'null', new Date(1), '', 'undefined']) await accounts.nothing(id);
    expect(calls['nothing']).toBe(8);
  });

  it('is called for arguments of any length', async () => {
    for (const end of 'xxy') await accounts.nothing(`${'x'.repeat(5_000)}${end}`);
    expect(calls['nothing']).toBe(2);
  });

  it('goes on where the cache is closed', async () => {
    await app.get(Caches).close();
    expect([(await accounts.find('1')).calls, (await accounts.find('1')).calls]).toEqual([1, 2]);
    expect(await accounts.rename('1', 'b')).toBe('b');
  });

  it('remembers that there is nothing, where it is told to', async () => {
    expect([await accounts.nothing(1), await accounts.nothing(1), calls['nothing']]).toEqual([undefined, undefined, 1]);
  });

  it.each([
    ['a function', () => () => 1, 'is a function'],
    ['a Map', () => new Map(), 'is a Map, whose state may be out of sight'],
    ['an instance', () => new Accounts(), 'is a Accounts, whose state may be out of sight'],
    ['a symbol within', () => ({ a: [Symbol('s')] }), 'argument 2 of Accounts.find.deep.a[0]: is a symbol'],
    ['a cycle', () => cycle(), 'is nested more than 64 levels deep'],
  ])('refuses %s among its arguments, by name', async (_what, make, message) => {
    await expect(accounts.find('1', { deep: make() })).rejects.toThrow(message);
    expect(calls['find']).toBeUndefined();
  });

  it('is cached by the key that it is told, and not without one, nor where its condition says so', async () => {
    await accounts.balance('1');
    expect(await app.get(Caches).namespace('money').get('balance:1')).toBe(1);
    for (const id of ['never', 'never']) await accounts.balance(id);
    for (const id of ['live', 'live', 'dead', 'dead']) await accounts.status(id);
    expect([calls['balance'], calls['status']]).toEqual([3, 3]);
  });

  it('is called again after a write that succeeded, and only then', async () => {
    await Promise.all([accounts.find('1'), accounts.find('2'), accounts.balance('1')]);
    await expect(accounts.rename('1', '')).rejects.toThrow('no name');
    expect([await accounts.find('1'), await accounts.balance('1')]).toMatchObject([{ calls: 1 }, 1]);
    expect(await accounts.rename('1', 'b')).toBe('b');
    expect([(await accounts.find('1')).calls, (await accounts.find('2')).calls, await accounts.balance('1')]).toEqual([
      3, 2, 2,
    ]);
  });

  it('throws what it throws, each time', async () => {
    await expect(accounts.fails()).rejects.toThrow('not today');
    await expect(accounts.fails()).rejects.toThrow('not today');
    expect(calls['fails']).toBe(2);
  });

  it('succeeds where what it has changed can not be invalidated', async () => {
    expect(await accounts.unclear()).toBe('written');
  });

  it('of a cached class is cached, but for writes and lifecycle hooks', async () => {
    const prices = app.get(Prices);
    expect([await prices.list(), await prices.list()]).toEqual([[1], [1]]);
    expect([await prices.change(), await prices.change(), await prices.list()]).toEqual([1, 2, [2]]);
    expect(calls['init']).toBe(1);
  });
});

describe('a cached message handler', () => {
  beforeEach(() => open([], [Messages, PricesController], CacheModule.forRoot({ service: 'shop' })));

  it('is called once for each payload, and events always are', async () => {
    expect(await transport.ask('find', { id: 1, b: 2 })).toEqual({ id: 1, b: 2, calls: 1 });
    expect(await transport.ask('find', { b: 2, id: 1 })).toEqual({ id: 1, b: 2, calls: 1 });
    expect(await transport.ask('find', { id: 2 })).toEqual({ id: 2, calls: 2 });
    for (const payload of [1, 1]) await transport.ask('happened', payload);
    expect(calls['event']).toBe(2);
  });

  it('keeps its values apart from those of other services', async () => {
    await transport.ask('find', { id: 1 });
    const { namespaces } = app.get(Caches).statistics();
    expect(namespaces['shop:messages']?.loads).toBe(1);
  });

  it('can be warmed, so that its first message finds its value', async () => {
    const entry = app.get(CachedCalls).warmEntry(app.get(Messages), 'find', { id: 1, b: 2 });
    const warmer = app.get(CacheWarmer);
    warmer.warm({ name: 'things', entries: () => [entry] });
    await warmer.run();
    expect(warmer.statistics().sources).toMatchObject([{ name: 'things', warmed: 1, failed: 0 }]);
    expect(await transport.ask('find', { b: 2, id: 1 })).toEqual({ id: 1, b: 2, calls: 1 });
    expect(calls['message']).toBe(1);
  });

  it('says of one that is not cached that it has nothing to warm', () => {
    const warm = () => app.get(CachedCalls).warmEntry(app.get(Messages), 'change', { id: 1 });
    expect(warm).toThrow('method: Messages.change is not cached with this payload');
  });

  it('is not told of what other namespaces invalidate', async () => {
    await transport.ask('find', { id: 1 });
    expect(await transport.ask('change', { id: 1 })).toBe('changed');
    expect(await transport.ask('find', { id: 1 })).toMatchObject({ calls: 1 });
  });
});

describe('a cached controller', () => {
  it('caches its GETs', async () => {
    await open([], [PricesController]);
    const answers = [await app.inject('/prices'), await app.inject('/prices')];
    expect(answers.map(({ headers, body }) => [headers['x-cache'], body])).toEqual([
      ['MISS', '{"calls":1}'],
      ['HIT', '{"calls":1}'],
    ]);
    await app.get(Caches).namespace('http').invalidateTags('prices');
    expect((await app.inject('/prices')).headers['x-cache']).toBe('MISS');
  });

  it('takes what a method says of itself', async () => {
    await open([], [PricesController]);
    const marks = [
      (await app.inject('/prices/own')).headers['x-cache'],
      (await app.inject('/prices/own')).headers['x-cache'],
    ];
    expect(marks).toEqual(['MISS', 'HIT']);
    await app.get(Caches).namespace('http').invalidateTags('prices');
    expect((await app.inject('/prices/own')).headers['x-cache']).toBe('HIT');
  });
});

function cycle(): unknown {
  const own: Record<string, unknown> = {};
  own['self'] = own;
  return own;
}
