import { Controller, Get, Injectable, Scope, type Provider, type Type } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { CacheModule } from './cache.module.ts';
import { Cached, InvalidateCache } from './cached.decorator.ts';

/** Starts an app, and ends it. */
async function start(providers: Provider[], controllers: Type[] = []): Promise<void> {
  const imports = [CacheModule.forRoot(), CacheModule.forFeature('short', { maxTtl: 60_000 })];
  const testing = await Test.createTestingModule({ imports, providers, controllers }).compile();
  try {
    await testing.init();
  } finally {
    await testing.close();
  }
}

let patterns = 0;
function controllerNamedThings(): Type {
  @Controller()
  class Things {
    @MessagePattern(`things-${(patterns += 1)}`)
    @Cached()
    async find(@Payload() _payload: unknown) {
      return 1;
    }
  }
  return Things;
}

describe('a start with a method that can not be cached', () => {
  @Injectable({ scope: Scope.REQUEST })
  class OfOneRequest {
    @Cached()
    async find(): Promise<number> {
      return 1;
    }
  }
  @Injectable()
  class Sync {
    @Cached()
    find(): string {
      return '';
    }
  }
  @Injectable()
  class Scoped {
    @Cached({ scope: 'shared' })
    async find(): Promise<number> {
      return 1;
    }
  }
  @Injectable()
  class Twice {
    @Cached()
    async find(): Promise<number> {
      return 1;
    }
  }

  it.each<[string, Provider[], string]>([
    [
      'of a provider of each request',
      [OfOneRequest],
      "OfOneRequest.find can't be cached: OfOneRequest is request-scoped",
    ],
    ['that returns no promise', [Sync], 'Sync.find has to return a promise'],
    ['with an option of HTTP', [Scoped], 'scope: @Cached of Scoped.find is no HTTP handler'],
    ['of two instances', [Twice, { provide: 'other', useClass: Twice }], 'there are two instances of Twice'],
  ])('%s is refused', async (_what, providers, message) => {
    await expect(start(providers)).rejects.toThrow(message);
  });

  it('of an HTTP handler with an option of others is refused', async () => {
    @Controller()
    @Cached({ negativeTtl: 1_000 })
    class Answers {
      @Get('answers')
      find(): void {}
    }
    await expect(start([], [Answers])).rejects.toThrow('negativeTtl: @Cached of Answers.find is an HTTP handler');
  });

  it('of a message handler with an option of HTTP is refused', async () => {
    @Controller()
    class Answers {
      @MessagePattern('answers')
      @Cached({ vary: ['accept-language'] })
      async find(): Promise<number> {
        return 1;
      }
    }
    await expect(start([], [Answers])).rejects.toThrow('vary: @Cached of Answers.find is no HTTP handler');
  });

  it.each(['methods', 'http', 'messages'])(
    'with a life that its namespace does not allow is refused: %s',
    async (kind) => {
      const cached = Cached({ ttl: 60_001, namespace: 'short' });
      @Injectable()
      class Provided {
        @cached
        async find(): Promise<number> {
          return 1;
        }
      }
      @Controller()
      class Answers {
        @Get('answers')
        @cached
        async find(): Promise<number> {
          return 1;
        }
      }
      @Controller()
      class Messages {
        @MessagePattern('answers')
        @cached
        async find(): Promise<number> {
          return 1;
        }
      }
      const types: Record<string, Type> = { http: Answers, messages: Messages };
      const type = types[kind];
      const name = type?.name ?? Provided.name;
      await expect(type ? start([], [type]) : start([Provided])).rejects.toThrow(
        `ttl: must be a number from 1 to 60000; it is 60001 (@Cached of ${name}.find)`,
      );
    },
  );

  it('with a life that a namespace may come to allow is not refused', async () => {
    @Injectable()
    class Later {
      @Cached({ ttl: 24 * 3_600_000, namespace: 'later' })
      async find(): Promise<number> {
        return 1;
      }
    }
    await expect(start([Later])).resolves.toBeUndefined();
  });

  it('of two controllers of one name, which answer messages, is refused', async () => {
    const [one, other] = [controllerNamedThings(), controllerNamedThings()];
    await expect(start([], [one, other])).rejects.toThrow('Things.find: there are two controllers of this name');
  });

  it('is refused where the decorator is written', () => {
    expect(() => Cached({ cdnMaxAge: 1_000 })).toThrow('cdnMaxAge: needs scope: shared');
    expect(() => Cached({ vary: ['not a header'] })).toThrow('vary: must name request headers');
    expect(() => Cached({ browser: { maxAge: -1 } })).toThrow('browser.maxAge: must be milliseconds');
    expect(() => Cached({ ttl: -1 })).toThrow('ttl: must be a number from 1');
    expect(() => Cached({ staleFor: NaN })).toThrow('staleFor: must be a number from 0');
    expect(() => Cached({ negativeTtl: -1 })).toThrow('negativeTtl: must be a number from 0');
    expect(() => Cached({ hardTimeoutMs: Infinity })).toThrow('hardTimeoutMs: must be a number from 1');
    expect(() => Cached({ scope: 'everybody' as 'shared' })).toThrow('scope: must be caller or shared');
    expect(() => InvalidateCache({ namespace: 'a' })).toThrow('must name tags, keys, a prefix or a pattern');
    expect(() => InvalidateCache()).toThrow('must name tags, keys, a prefix or a pattern');
  });
});
