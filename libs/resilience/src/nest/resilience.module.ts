import { Module, type DynamicModule } from '@nestjs/common';
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

/** Gives an app its dependencies: each by `@InjectDependency(name)`, all as {@link Dependencies}, and what `@Resilient` needs. */
@Module({})
export class ResilienceModule {
  /** @throws TypeError naming the field of a declaration that is out of its bounds */
  static forRoot({ dependencies, isGlobal = true }: ResilienceModuleOptions): DynamicModule {
    const all = new Dependencies(dependencies);
    const each = all.names.map((name) => ({ provide: dependencyToken(name), useValue: all.get(name) }));
    return {
      module: ResilienceModule,
      global: isGlobal,
      imports: [DiscoveryModule],
      providers: [{ provide: Dependencies, useValue: all }, ...each, ResilientMethods],
      exports: [Dependencies, ...each.map(({ provide }) => provide)],
    };
  }
}
