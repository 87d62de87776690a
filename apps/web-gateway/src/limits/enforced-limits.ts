import { shareOf, type Demand, type Limit, type RateLimit } from '@purser/rate-limiting';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { minuteRate } from './limit-names.ts';
import { providerLimits, withAlways, type ProviderLimits } from './provider-limits.ts';
import { unlimited, type RequestLimits } from './request-limits.ts';

/** Of addresses that came last the limits are remembered. */
const MOST_ADDRESSES = 10_000;

/**
 * The limits as this gateway enforces them: as they are configured where gateways share what they count; where each counts
 * by itself, its share. Worked out once for each object of the configuration.
 */
export class EnforcedLimits {
  #share = 1;
  #ofCallers = new WeakMap<RequestLimits, RequestLimits>();
  #ofProviders = new WeakMap<TargetProvider, ProviderLimits>();
  readonly #ofAddresses = new Map<string, Demand<RateLimit>>();

  /** The part of each limit, above 0, at most 1. */
  get share(): number {
    return this.#share;
  }

  set share(share: number) {
    if (share === this.#share) return;
    this.#share = share;
    this.#ofCallers = new WeakMap();
    this.#ofProviders = new WeakMap();
    this.#ofAddresses.clear();
  }

  ofCaller(limits: RequestLimits): RequestLimits {
    if (this.#share === 1 || limits === unlimited) return limits;
    const known = this.#ofCallers.get(limits);
    if (known !== undefined) return known;
    const shared = Object.freeze({
      requests: Object.freeze(limits.requests.map((each) => this.#of(each))),
      tokens: Object.freeze(limits.tokens.map((each) => this.#of(each))),
      slots: Object.freeze(limits.slots.map((each) => this.#of(each))),
    });
    this.#ofCallers.set(limits, shared);
    return shared;
  }

  ofProvider(provider: TargetProvider): ProviderLimits {
    let known = this.#ofProviders.get(provider);
    if (known === undefined) this.#ofProviders.set(provider, (known = this.#provider(provider)));
    return known;
  }

  ofAddress(address: string, requestsPerMinute: number): Demand<RateLimit> {
    const known = this.#ofAddresses.get(address);
    if (known !== undefined) return known;
    if (this.#ofAddresses.size >= MOST_ADDRESSES) this.#ofAddresses.delete(this.#ofAddresses.keys().next().value!);
    const demand = this.#of(minuteRate('address', 'requests', address, requestsPerMinute));
    this.#ofAddresses.set(address, demand);
    return demand;
  }

  #provider(provider: TargetProvider): ProviderLimits {
    const { requests, tokens, slots, quota } = providerLimits(provider);
    return withAlways({
      quota,
      requests: requests && this.#of(requests),
      tokens: tokens && this.#of(tokens),
      slots: this.#of(slots),
    });
  }

  #of<L extends Limit>({ limit, subject }: Demand<L>): Demand<L> {
    return Object.freeze({ limit: shareOf(limit, this.#share), subject });
  }
}
