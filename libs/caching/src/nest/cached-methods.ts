import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/internal';
import { DiscoveryService } from '@nestjs/core';
import { CacheError } from '../core/errors.ts';
import { CachedCalls } from './cached-calls.ts';
import { answersMessages, cachedOptionsOf, invalidationsOf } from './cached-metadata.ts';
import { HTTP_OPTIONS, invalid, type CachedOptions, type InvalidateCacheOptions } from './cached-options.ts';
import { NamespacesOf, type DefaultNamespace } from './namespaces-of.ts';
import { CacheInvalidations } from './cache-invalidations.ts';

type Method = (...args: readonly unknown[]) => unknown;

const LIFECYCLE = [
  'constructor',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** Puts the cache in front of the providers' methods that `@Cached` and `@InvalidateCache` are on, when the app starts. */
@Injectable()
export class CachedMethods implements OnModuleInit, OnApplicationBootstrap {
  readonly #wrapped = new WeakSet();
  /** By namespace and method: those of two instances, or two controllers of one name, would have the same keys. */
  readonly #known = new Map<string, object>();
  readonly #places: Place[] = [];

  constructor(
    private readonly namespaces: NamespacesOf,
    private readonly discovery: DiscoveryService,
    private readonly calls: CachedCalls,
    private readonly invalidations: CacheInvalidations,
  ) {}

  /** @throws CacheError `invalid_option`: a method or class can't be cached so */
  onModuleInit(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype === 'function') this.#checkHandlers(metatype);
    }
    for (const wrapper of this.discovery.getProviders()) {
      const { metatype, instance } = wrapper as { metatype: unknown; instance: unknown };
      if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) this.#wrap(instance);
      else if (typeof metatype === 'function') refuseMany(metatype);
    }
  }

  /** Now that `forFeature` has declared its namespaces. @throws CacheError `invalid_option`: a life that the namespace does not allow */
  onApplicationBootstrap(): void {
    for (const { where, kind, options } of this.#places) {
      try {
        this.namespaces.checkOptions(options.namespace, kind, options);
      } catch (error) {
        throw error instanceof CacheError ? invalid(error.field, `${error.problem} (${where})`) : error;
      }
    }
  }

  #wrap(instance: unknown): void {
    if (typeof instance !== 'object' || instance === null || this.#wrapped.has(instance)) return;
    this.#wrapped.add(instance);
    const type = instance.constructor as Function | undefined;
    if (typeof type !== 'function') return;
    for (const [name, method] of methodsOf(type)) {
      const cached = cachedOptionsOf(type, method);
      const invalidations = invalidationsOf(type, method)?.all;
      if (cached === undefined && invalidations === undefined) continue;
      if (cached !== undefined) this.#check(instance, type, name, cached);
      const wrapped = this.#around(type, name, method.bind(instance) as Method, cached, invalidations);
      Object.defineProperty(instance, name, { value: wrapped, configurable: true, writable: true });
    }
  }

  #around(
    type: Function,
    method: string,
    run: Method,
    cached: CachedOptions | undefined,
    invalidations: readonly InvalidateCacheOptions[] = [],
  ): Method {
    return async (...args) => {
      const ran = () => run(...args);
      const call = { type, method, args, kind: 'methods' } as const;
      const value = await (cached === undefined ? ran() : this.calls.call(call, cached, ran));
      await this.invalidations.run(invalidations, value, args, 'methods');
      return value;
    };
  }

  #check(instance: object, type: Function, method: string, options: CachedOptions): void {
    const where = `@Cached of ${type.name}.${method}`;
    this.#places.push({ where, kind: 'methods', options });
    refuseOptionsOfHttp(where, options);
    const returned = Reflect.getMetadata('design:returntype', type.prototype as object, method) as unknown;
    if ([String, Number, Boolean, Array, Date, Map, Set].includes(returned as never)) {
      throw invalid('Cached', `${where} has to return a promise: the cache may have to be waited for`);
    }
    this.#claim(`methods ${type.name}.${method}`, options, {
      owner: instance,
      problem: `${where}: there are two instances of ${type.name}`,
    });
  }

  /** Messages' keys have the names of their controller and method, and no pattern. */
  #checkHandlers(type: Function): void {
    for (const [name, method] of methodsOf(type)) {
      const options = cachedOptionsOf(type, method);
      if (options === undefined) continue;
      const where = `@Cached of ${type.name}.${name}`;
      const isHttp = Reflect.hasMetadata(METHOD_METADATA, method);
      if (isHttp && options.negativeTtl !== undefined) {
        throw invalid('negativeTtl', `${where} is an HTTP handler, which this option is not for`);
      }
      if (isHttp) this.#places.push({ where, kind: 'http', options });
      if (!answersMessages(method)) continue;
      if (!isHttp) refuseOptionsOfHttp(where, options);
      this.#places.push({ where, kind: 'messages', options });
      const problem = `${where}: there are two controllers of this name`;
      this.#claim(`messages ${type.name}.${name}`, options, { owner: type, problem });
    }
  }

  /** Nobody else may make the same keys. */
  #claim(
    place: string,
    { keyGenerator, namespace = '' }: CachedOptions,
    { owner, problem }: { owner: object; problem: string },
  ): void {
    if (keyGenerator !== undefined) return;
    const full = `${namespace} ${place}`;
    const known = this.#known.get(full) ?? owner;
    this.#known.set(full, known);
    if (known !== owner) throw invalid('Cached', `${problem}, whose keys would be the same: give it a keyGenerator`);
  }
}

/** A method or handler whose options are held against its namespace's. */
interface Place {
  readonly where: string;
  readonly kind: DefaultNamespace;
  readonly options: CachedOptions;
}

function refuseOptionsOfHttp(where: string, options: CachedOptions): void {
  const ofHttp = HTTP_OPTIONS.find((name) => options[name] !== undefined);
  if (ofHttp !== undefined) throw invalid(ofHttp, `${where} is no HTTP handler, which this option is for`);
}

/** A method of each request's own instance is not there when the app starts. */
function refuseMany(type: Function): void {
  for (const [name, method] of methodsOf(type)) {
    if (cachedOptionsOf(type, method) === undefined && invalidationsOf(type, method) === undefined) continue;
    throw invalid('Cached', `${type.name}.${name} can't be cached: ${type.name} is request-scoped or transient`);
  }
}

/** The methods of a class, those of its base classes included. */
function methodsOf(type: Function): [string, Function][] {
  const methods = new Map<string, Function>();
  for (
    let at = type.prototype as object | null;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !LIFECYCLE.includes(name) && !methods.has(name))
        methods.set(name, value as Function);
    }
  }
  return [...methods];
}
