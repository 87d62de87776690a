import type {
  AccountEntry,
  BudgetEntry,
  ConfigurationEntry,
  KeyEntry,
  ModelEntry,
  ProviderEntry,
  RouteEntry,
} from '@purser/contracts';

/** An entry with the configuration's version at its last change: no two states of one thing have the same. */
export type Versioned<T> = T & { readonly version: number };

/** What gateways know of the configuration, by kind and id. Immutable once published; unchanged tables are shared. */
export interface Tables {
  readonly account: ReadonlyMap<string, AccountEntry>;
  readonly key: ReadonlyMap<string, KeyEntry>;
  readonly budget: ReadonlyMap<string, BudgetEntry>;
  readonly provider: ReadonlyMap<string, Versioned<ProviderEntry>>;
  readonly model: ReadonlyMap<string, Versioned<ModelEntry>>;
  readonly route: ReadonlyMap<string, Versioned<RouteEntry>>;
}

/** The configuration before anything was read. */
export const noTables: Tables = {
  account: new Map(),
  key: new Map(),
  budget: new Map(),
  provider: new Map(),
  model: new Map(),
  route: new Map(),
};

const VERSIONED = new Set<keyof Tables>(['provider', 'model', 'route']);

/** Collects changes to tables; copies a table at its first change, however many pages bring changes to it. */
export class TablesDraft {
  readonly #changed = new Map<string, Map<string, unknown>>();

  constructor(private readonly base: Tables) {}

  apply(entries: readonly ConfigurationEntry[]): void {
    for (const { kind, id, value, version } of entries) {
      const table = this.#writable(kind);
      if (value === null) table.delete(id);
      else table.set(id, VERSIONED.has(kind) ? { ...value, version } : value);
    }
  }

  /** The tables with all changes; the draft must not be used any more. */
  finish(): Tables {
    return { ...this.base, ...Object.fromEntries(this.#changed) };
  }

  #writable(kind: keyof Tables): Map<string, unknown> {
    const found = this.#changed.get(kind) ?? new Map<string, unknown>(this.base[kind]);
    this.#changed.set(kind, found);
    return found;
  }
}
