import { Controller, Inject, Injectable, Scope, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { Dependency } from '../core/dependency.ts';
import { Dependencies } from './dependencies.ts';
import { currentAttempt, Resilient } from './resilient.decorator.ts';
import { ResilienceModule } from './resilience.module.ts';
import { InjectDependency } from './tokens.ts';

class Base {
  protected failures = 2;

  @Resilient('shop')
  async find(id: string): Promise<string> {
    const { attempt, signal } = currentAttempt()!;
    if (this.failures-- > 0) throw new Error('busy');
    return `${id} at attempt ${attempt}, ${signal.aborted ? 'late' : 'in time'}`;
  }
}

@Injectable()
class Shop extends Base {
  constructor(@InjectDependency('shop') readonly dependency: Dependency) {
    super();
  }

  @Resilient('shop')
  plain(): number {
    return 7;
  }
}

const shop = { name: 'shop', deadlineMs: 5_000, retry: { baseMs: 1 } };

async function started(provided: Type, controllers: Type[] = [], dependencies = [shop]) {
  const module = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ dependencies })],
    providers: [provided],
    controllers,
  }).compile();
  return module.init();
}

describe('ResilienceModule', () => {
  it('makes methods calls of their dependency', async () => {
    const module = await started(Shop);
    const provider = module.get(Shop);
    await expect(provider.find('a')).resolves.toBe('a at attempt 3, in time');
    await expect(provider.plain()).resolves.toBe(7);
    expect(provider.dependency.statistics()).toMatchObject({ calls: 2, successes: 2, retries: 2 });
    expect(module.get(Dependencies).statistics()).toEqual([provider.dependency.statistics()]);
    expect(currentAttempt()).toBeUndefined();
    await module.close();
  });

  it('takes declarations from a factory too', async () => {
    const DEADLINE = Symbol('deadline');
    const imported = {
      module: class Config {},
      providers: [{ provide: DEADLINE, useValue: 700 }],
      exports: [DEADLINE],
    };
    const useFactory = async (deadlineMs: number) => [{ ...shop, deadlineMs }];
    const options = { names: ['shop'], imports: [imported], inject: [DEADLINE], useFactory };
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRootAsync(options)],
      providers: [Shop],
    }).compile();
    await module.init();
    await expect(module.get(Shop).find('a')).resolves.toContain('attempt 3');
    await module.close();
    const other = ResilienceModule.forRootAsync({ ...options, names: ['other'] });
    await expect(Test.createTestingModule({ imports: [other] }).compile()).rejects.toThrow('no dependency other');
  });

  it('gives a method that another one calls no more than the time of that one, and its signal', async () => {
    const seen: { remainingMs: number; signal: AbortSignal }[] = [];
    @Injectable()
    class Inner {
      @Resilient('inner')
      call(): Promise<never> {
        const { deadline, signal } = currentAttempt()!;
        seen.push({ remainingMs: deadline!.remainingMs(), signal });
        return new Promise(() => undefined);
      }
    }
    @Injectable()
    class Outer {
      constructor(@Inject(Inner) private readonly inner: Inner) {}
      @Resilient('outer')
      call() {
        return this.inner.call();
      }
    }
    const inner = { name: 'inner', deadlineMs: 3_600_000, retry: { attempts: 3 } };
    const dependencies = [inner, { name: 'outer', deadlineMs: 50 }];
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ dependencies })],
      providers: [Outer, Inner],
    }).compile();
    await module.init();
    await expect(module.get(Outer).call()).rejects.toMatchObject({ name: 'DeadlineExceeded' });
    expect(seen).toMatchObject([{ signal: { aborted: true } }]);
    expect(seen[0]!.remainingMs).toBeLessThanOrEqual(50);
    await module.close();
  });

  it('refuses a method whose dependency is not declared', async () => {
    await expect(started(Shop, [], [shop, { ...shop, name: 'shop' }])).rejects.toThrow('two dependencies of the name');
    class Other {
      @Resilient('other')
      call() {}
    }
    await expect(started(Other)).rejects.toThrow('no dependency other is declared: add it to ResilienceModule.forRoot');
  });

  it('refuses methods that it can not wrap', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @Resilient('shop')
      call() {}
    }
    @Controller()
    class Shops {
      @Resilient('shop')
      call() {}
    }
    await expect(started(Scoped)).rejects.toThrow('@Resilient of Scoped.call: Scoped is request-scoped or transient');
    await expect(started(Shop, [Shops])).rejects.toThrow('@Resilient of Shops.call: Shops is a controller');
    expect(() => Resilient('')).toThrow(TypeError);
  });

  it('refuses a bad declaration by its field', () => {
    const forRoot = (dependencies: unknown) => () => ResilienceModule.forRoot({ dependencies } as never);
    expect(forRoot(undefined)).toThrow('dependencies must be an array');
    expect(forRoot([{ name: 'shop', deadlineMs: 0 }])).toThrow(/^deadlineMs must be/);
  });
});
