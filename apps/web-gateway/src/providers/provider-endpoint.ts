import type { HttpPool } from '@purser/pooling/http';
import type { TargetProvider } from '../configuration/snapshot.ts';
import type { ProviderConnections } from './provider-connections.ts';

/** Everything about a provider that is the same for each chat completion: worked out once for each of its versions. */
export interface ProviderEndpoint {
  readonly pool: HttpPool;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

/** The endpoints of providers, as long as their objects live. */
export class ProviderEndpoints {
  readonly #connections: ProviderConnections;
  readonly #endpoints = new WeakMap<TargetProvider, ProviderEndpoint>();

  constructor(connections: ProviderConnections) {
    this.#connections = connections;
  }

  of(provider: TargetProvider): ProviderEndpoint {
    const known = this.#endpoints.get(provider);
    if (known && !known.pool.closed) return known;
    const endpoint = this.#open(provider);
    this.#endpoints.set(provider, endpoint);
    return endpoint;
  }

  #open({ baseUrl, apiKey }: TargetProvider): ProviderEndpoint {
    const { origin, pathname } = new URL(baseUrl);
    const headers = ['content-type', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'purser'];
    if (apiKey !== null) headers.push('authorization', `Bearer ${apiKey}`);
    return {
      pool: this.#connections.poolFor(origin),
      path: `${pathname.replace(/\/+$/, '')}/chat/completions`,
      headers,
    };
  }
}
