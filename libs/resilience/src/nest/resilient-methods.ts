import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Dependency } from '../core/dependency.ts';
import { Dependencies } from './dependencies.ts';
import { currentAttempt, dependencyOf, inAttempt } from './resilient.decorator.ts';

type Method = (...args: readonly unknown[]) => unknown;

/** Puts their dependency around the providers' methods that `@Resilient` is on, when the app starts. */
@Injectable()
export class ResilientMethods implements OnModuleInit {
  readonly #wrapped = new WeakSet();

  constructor(
    private readonly dependencies: Dependencies,
    private readonly discovery: DiscoveryService,
  ) {}

  /** @throws TypeError where a method can't be wrapped, or its dependency is not declared */
  onModuleInit(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype === 'function') refuseAll(metatype, 'a controller: put it on a method of a provider');
    }
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype, instance } = wrapper as { metatype: unknown; instance: unknown };
      if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) this.#wrap(instance);
      else if (typeof metatype === 'function') refuseAll(metatype, 'request-scoped or transient');
    }
  }

  #wrap(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null || this.#wrapped.has(instance)) return;
    this.#wrapped.add(instance);
    const type = instance.constructor as Function | undefined;
    if (typeof type !== 'function') return;
    for (const [name, method] of methodsOf(type)) {
      const dependency = dependencyOf(method);
      if (dependency === undefined) continue;
      const value = around(this.dependencies.get(dependency), method.bind(instance) as Method);
      Object.defineProperty(instance, name, { value, configurable: true, writable: true });
    }
  }
}

function around(dependency: Dependency, method: Method): Method {
  return (...args) => {
    // What one dependency asks of another has no more time than its own attempt, and ends with it.
    const outer = currentAttempt();
    const call = outer && { signal: outer.signal, ...(outer.deadline ? { deadline: outer.deadline } : {}) };
    return dependency.run(async (attempt) => inAttempt(attempt, () => method(...args)), call);
  };
}

function refuseAll(type: Function, why: string): void {
  const found = methodsOf(type).find(([, method]) => dependencyOf(method) !== undefined);
  if (found) throw new TypeError(`@Resilient of ${type.name}.${found[0]}: ${type.name} is ${why}`);
}

/** The methods of a class, those of its base classes included. */
function methodsOf(type: Function): [string, Function][] {
  const methods = new Map<string, Function>();
  let at = type.prototype as object | null;
  for (; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor' && !methods.has(name)) {
        methods.set(name, value as Function);
      }
    }
  }
  return [...methods];
}
