import type { ModelEntry, ProviderEntry } from '@purser/contracts';
import type { Caller } from '../authentication/caller.ts';
import type { AccountTree } from './account-tree.ts';

/** Prices in nano-dollars per million tokens, as of one version. */
export interface Price {
  /** Names this price for ever: it goes into the `open` record and the usage row. */
  readonly version: string;
  readonly inputNanosPerMillion: bigint;
  readonly outputNanosPerMillion: bigint;
  /** For input that the provider reports as read from its cache; never above the input price by default. */
  readonly cachedInputNanosPerMillion: bigint;
}

/** A provider as the data plane calls it. One object per provider and version, so it can key pools and slots. */
export interface TargetProvider extends Readonly<Omit<ProviderEntry, 'sealedApiKey' | 'disabled'>> {
  /** In clear text; null where the provider takes none. Never log it. */
  readonly apiKey: string | null;
  /** The configuration's version at its last change. */
  readonly version: number;
}

/** A model as the data plane calls it. `name` is the provider's own name of it. */
export interface TargetModel extends Readonly<Omit<ModelEntry, 'price' | 'disabled'>> {
  readonly price: Price;
  /** The configuration's version at its last change. */
  readonly version: number;
}

/** One place that a request can be sent to. */
export interface Target {
  readonly provider: TargetProvider;
  readonly model: TargetModel;
}

/** Where the requests for a name go. */
export interface Resolution {
  /** The name that was asked for: a route's, or `provider/model`. */
  readonly route: string;
  /**
   * In order of priority. Disabled ones are left out, and those whose stored API key this gateway can't open; empty where
   * none is left, which is a state of the configuration (503), not an unknown name.
   */
  readonly targets: readonly Target[];
  /** The limit on an answer's tokens where the caller sends none; the target's `maxOutputTokens` where this is null. */
  readonly defaultMaxTokens: number | null;
  /** How long its answers are kept for the same request of the same account; null where they are not. */
  readonly cacheTtlSeconds: number | null;
  /**
   * Names the state of the route and of all its targets: another as soon as one of them was changed, added, left out or
   * disabled, also where it is changed back.
   */
  readonly revision: string;
}

/** A budget that a request must fit (hard) or is counted in (soft). */
export interface BudgetRef {
  readonly id: string;
  readonly hard: boolean;
}

/** A name that can be sent as `model`. */
export interface ListedModel {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The provider's name; `purser` for a route. */
  readonly ownedBy: string;
}

/**
 * The configuration at one version: immutable, in memory, every look-up O(1) and synchronous. Take it once per request
 * (`ConfigurationStore.current`) and use it throughout, so that one request sees one version.
 */
export interface Snapshot {
  readonly version: number;

  /**
   * Whose key has this SHA-256 (hexadecimal); undefined where there is none that is enabled and not expired, or where an
   * account from the key's own up to the root is disabled.
   */
  callerOf(sha256: string): Caller | undefined;

  /** Where requests for this name go; undefined where no route and no enabled `provider/model` has the name. */
  resolve(name: string): Resolution | undefined;

  /**
   * The budgets of the account and all its ancestors whose filter matches the target, disabled ones left out; hard ones
   * first. The same array each time for the same arguments.
   *
   * @throws DomainError `unavailable` where this snapshot does not know the account
   */
  budgetsFor(accountId: string, providerId: string, modelId: string): readonly BudgetRef[];

  /** Whether there is one with this id, disabled or not. Ids in lower case. */
  has(kind: 'key' | 'account' | 'provider', id: string): boolean;

  /** Which accounts are below which. */
  readonly accounts: AccountTree;

  /** Whether a key of the role `admin` belongs to the account or to one below it. Looks at every key. */
  hasAdminKeyWithin(accountId: string): boolean;

  /** Every name that `resolve` finds a target for: routes first, each group by name. */
  listModels(): readonly ListedModel[];
}
