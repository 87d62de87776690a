import type { DependencyStatistics } from '@purser/resilience/core';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { ProviderHealth, type ProviderResilienceOptions } from './provider-health.ts';

/** Beyond this many providers, the one that was first called is forgotten, and begins anew. */
const MOST_PROVIDERS = 1_000;

/**
 * How the providers fare. One that is changed begins anew: it may have been changed because it failed. Requests that were
 * under way before the change go by what is found out after it.
 */
export class ProviderResilience {
  readonly #options: ProviderResilienceOptions;
  readonly #byId = new Map<string, { readonly version: number; readonly health: ProviderHealth }>();

  constructor(options: ProviderResilienceOptions) {
    this.#options = options;
  }

  of({ id, name, version }: Pick<TargetProvider, 'id' | 'name' | 'version'>): ProviderHealth {
    const known = this.#byId.get(id);
    if (known && known.version >= version) return known.health;
    const health = new ProviderHealth(name, this.#options);
    this.#byId.delete(id);
    this.#byId.set(id, { version, health });
    if (this.#byId.size > MOST_PROVIDERS) this.#byId.delete(this.#byId.keys().next().value!);
    return health;
  }

  /** Of each provider that was called, and each of its models. */
  statistics(): DependencyStatistics[] {
    return [...this.#byId.values()].flatMap(({ health }) => health.statistics());
  }
}
