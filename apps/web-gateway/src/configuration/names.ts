import type { ModelEntry, ProviderEntry, RouteEntry } from '@purser/contracts';
import type { ListedModel, Resolution, Target } from './snapshot.ts';
import type { Tables, Versioned } from './tables.ts';
import type { Targets } from './targets.ts';

/** A name that leads to targets. */
interface Named {
  readonly name: string;
  readonly createdAt: string;
  readonly ownedBy: string;
  readonly route?: Versioned<RouteEntry>;
}

/** What clients may send as `model`, and where each leads. A route's name holds no slash, `provider/model` always does. */
export class Names {
  readonly #resolutions = new Map<string, Resolution>();
  readonly listed: readonly ListedModel[];

  constructor(
    private readonly tables: Pick<Tables, 'provider' | 'model' | 'route'>,
    private readonly targets: Targets,
  ) {
    const routes = enabled(tables.route).flatMap((route) => this.#addRoute(route));
    const models = enabled(tables.model).flatMap((model) => this.#addModel(model));
    this.listed = Object.freeze([...routes.sort(byId), ...models.sort(byId)]);
  }

  resolve(name: string): Resolution | undefined {
    return this.#resolutions.get(name);
  }

  #addRoute(route: Versioned<RouteEntry>): ListedModel[] {
    const { name, createdAt } = route;
    const usable = route.targets.map(({ modelId }) => this.#targetOf(this.tables.model.get(modelId)));
    return this.#add({ name, createdAt, ownedBy: 'purser', route }, usable);
  }

  #addModel(model: Versioned<ModelEntry>): ListedModel[] {
    const provider = this.#providerOf(model);
    if (provider === undefined) return [];
    const name = `${provider.name}/${model.name}`;
    return this.#add({ name, createdAt: model.createdAt, ownedBy: provider.name }, [this.#targetOf(model)]);
  }

  #add({ name, createdAt, ownedBy, route }: Named, found: readonly (Target | undefined)[]): ListedModel[] {
    const targets = Object.freeze(found.filter((target) => target !== undefined));
    const versions = targets.map(({ provider, model }) => `${provider.version}.${model.version}`);
    const resolution: Resolution = Object.freeze({
      route: name,
      targets,
      defaultMaxTokens: route?.defaultMaxTokens ?? null,
      cacheTtlSeconds: route?.cache?.ttlSeconds ?? null,
      revision: [route?.version ?? 0, ...versions].join('-'),
    });
    this.#resolutions.set(name, resolution);
    const created = Math.floor(Date.parse(createdAt) / 1_000);
    return targets.length === 0 ? [] : [Object.freeze({ id: name, created, ownedBy })];
  }

  #targetOf(model: Versioned<ModelEntry> | undefined): Target | undefined {
    if (model === undefined || model.disabled) return undefined;
    const provider = this.#providerOf(model);
    return provider && this.targets.target(provider, model);
  }

  #providerOf({ providerId }: ModelEntry): Versioned<ProviderEntry> | undefined {
    const provider = this.tables.provider.get(providerId);
    return provider?.disabled ? undefined : provider;
  }
}

function enabled<T extends { readonly disabled: boolean }>(table: ReadonlyMap<string, T>): T[] {
  return [...table.values()].filter(({ disabled }) => !disabled);
}

function byId(a: ListedModel, b: ListedModel): number {
  return a.id < b.id ? -1 : 1;
}
