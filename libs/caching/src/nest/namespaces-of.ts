import type { Cache } from '../core/cache.ts';
import type { Caches } from '../core/caches.ts';
import type { Invalidation } from '../core/invalidation.ts';
import type { LoadOptions } from '../core/options.ts';

/** Where what `@Cached` keeps goes, and what `CACHE_MANAGER` does, unless they say otherwise. */
export type DefaultNamespace = 'http' | 'messages' | 'methods' | 'cache-manager';

/** The namespaces of the decorators and of `CACHE_MANAGER`. */
export class NamespacesOf {
  readonly #caches: Caches;
  readonly #service: string | undefined;
  readonly #known = new Map<string, Cache>();

  /** @param service put before default namespaces: other services in the same tiers may have a class of the same name */
  constructor(caches: Caches, service: string | undefined) {
    this.#caches = caches;
    this.#service = service;
  }

  /** The namespace of this name, with the options that it has; without a name the default. */
  cache(name: string | undefined, kind: DefaultNamespace): Cache {
    const full = this.nameOf(name, kind);
    let cache = this.#known.get(full);
    if (cache === undefined) this.#known.set(full, (cache = this.#caches.namespace(full)));
    return cache;
  }

  /** Refuses what each call would refuse, unless its namespace is yet to be named. @throws CacheError `invalid_option` */
  checkOptions(name: string | undefined, kind: DefaultNamespace, options: LoadOptions): void {
    if (name !== undefined && !this.#caches.isNamed(name)) return;
    this.#caches.checkOptions(this.nameOf(name, kind), options);
  }

  invalidate(name: string | undefined, kind: DefaultNamespace, invalidation: Invalidation): Promise<void> {
    return this.#caches.invalidate(this.nameOf(name, kind), invalidation);
  }

  nameOf(name: string | undefined, kind: DefaultNamespace): string {
    return name ?? (this.#service === undefined ? kind : `${this.#service}:${kind}`);
  }
}
