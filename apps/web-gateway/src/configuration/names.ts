import type { ModelEntry, ProviderEntry, RouteEntry } from '@purser/contracts';
import type { ListedModel, Resolution, Target } from './snapshot.ts';
import type { Tables } from './tables.ts';
import type { Targets } from './targets.ts';

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

  #addRoute({ name, targets, createdAt, defaultMaxTokens }: RouteEntry): ListedModel[] {
    const usable = targets.map(({ modelId }) => this.#targetOf(this.tables.model.get(modelId)));
    return this.#add(name, usable, defaultMaxTokens, createdAt, 'purser');
  }

  #addModel(model: ModelEntry): ListedModel[] {
    const provider = this.#providerOf(model);
    if (provider === undefined) return [];
    return this.#add(`${provider.name}/${model.name}`, [this.#targetOf(model)], null, model.createdAt, provider.name);
  }

  #add(
    name: string,
    found: readonly (Target | undefined)[],
    defaultMaxTokens: number | null,
    createdAt: string,
    ownedBy: string,
  ): ListedModel[] {
    const targets = Object.freeze(found.filter((target) => target !== undefined));
    this.#resolutions.set(name, Object.freeze({ route: name, targets, defaultMaxTokens }));
    const created = Math.floor(Date.parse(createdAt) / 1_000);
    return targets.length === 0 ? [] : [Object.freeze({ id: name, created, ownedBy })];
  }

  #targetOf(model: ModelEntry | undefined): Target | undefined {
    if (model === undefined || model.disabled) return undefined;
    const provider = this.#providerOf(model);
    return provider && this.targets.target(provider, model);
  }

  #providerOf({ providerId }: ModelEntry): ProviderEntry | undefined {
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
