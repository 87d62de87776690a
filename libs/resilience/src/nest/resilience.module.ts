import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Dependency } from '../core/dependency.ts';
import type { DependencyOptions } from '../core/dependency-options.ts';
import { Dependencies } from './dependencies.ts';
import { ResilientMethods } from './resilient-methods.ts';
import { dependencyToken } from './tokens.ts';

export interface ResilienceModuleOptions {
  /** Declarations, or what was made of them elsewhere. Each has a name of its own. */
  readonly dependencies: readonly (DependencyOptions | Dependency)[];
  /** Whether every module can inject them. Default true. */
  readonly isGlobal?: boolean;
}

export interface ResilienceModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Those that `@InjectDependency` is used with: providers have to be known before the factory runs. */
  readonly names: readonly string[];
  readonly inject?: FactoryProvider['inject'];
  /** @returns the declarations, all of `names` among them */
  readonly useFactory: (
    ...args: never[]
  ) => ResilienceModuleOptions['dependencies'] | Promise<ResilienceModuleOptions['dependencies']>;
  /** Whether every module can inject them. Default true. */
  readonly isGlobal?: boolean;
}

/** Gives an app its dependencies: each by `@InjectDependency(name)`, all as {@link Dependencies}, and what `@Resilient` needs. */
@Module({})
export class ResilienceModule {
  /** @throws TypeError naming the field of a declaration that is out of its bounds */
  static forRoot({ dependencies, isGlobal = true }: ResilienceModuleOptions): DynamicModule {
    const all = new Dependencies(dependencies);
    return moduleOf({ provide: Dependencies, useValue: all }, all.names, { isGlobal });
  }

  /** As {@link forRoot}, with declarations that need what is injected. A name that is not declared fails the start. */
  static forRootAsync(options: ResilienceModuleAsyncOptions): DynamicModule {
    const { names, useFactory, inject = [], imports = [], isGlobal = true } = options;
    const make = async (...args: never[]) => new Dependencies(await useFactory(...args));
    return moduleOf({ provide: Dependencies, inject, useFactory: make as () => Promise<Dependencies> }, names, {
      isGlobal,
      imports,
    });
  }
}

function moduleOf(
  all: Provider<Dependencies>,
  names: readonly string[],
  { isGlobal, imports = [] }: { readonly isGlobal: boolean; readonly imports?: ModuleMetadata['imports'] },
): DynamicModule {
  const each = names.map((name) => ({
    provide: dependencyToken(name),
    inject: [Dependencies],
    useFactory: (dependencies: Dependencies) => dependencies.get(name),
  }));
  return {
    module: ResilienceModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [all, ...each, ResilientMethods],
    exports: [Dependencies, ...each.map(({ provide }) => provide)],
  };
}
