import type { Caller } from '../authentication/caller.ts';
import { AccountBudgets } from './account-budgets.ts';
import { AccountTree } from './account-tree.ts';
import { Callers } from './callers.ts';
import { Names } from './names.ts';
import type { BudgetRef, ListedModel, Resolution, Snapshot } from './snapshot.ts';
import type { Tables } from './tables.ts';
import type { Targets } from './targets.ts';

/** The snapshot of one version's tables. Takes over the look-ups of the previous one whose tables are the same. */
export class TablesSnapshot implements Snapshot {
  readonly accounts: AccountTree;
  readonly #callers: Callers;
  readonly #names: Names;
  readonly #budgets: AccountBudgets;

  constructor(
    readonly version: number,
    readonly tables: Tables,
    targets: Targets,
    previous?: TablesSnapshot,
  ) {
    const same = (...kinds: (keyof Tables)[]) => kinds.every((kind) => previous?.tables[kind] === tables[kind]);
    this.#callers = same('key', 'account') ? previous!.#callers : new Callers(tables);
    this.#names = same('provider', 'model', 'route') ? previous!.#names : new Names(tables, targets);
    this.#budgets = same('account', 'budget') ? previous!.#budgets : new AccountBudgets(tables);
    this.accounts = same('account') ? previous!.accounts : new AccountTree(tables.account);
  }

  callerOf(sha256: string): Caller | undefined {
    return this.#callers.callerOf(sha256);
  }

  resolve(name: string): Resolution | undefined {
    return this.#names.resolve(name);
  }

  budgetsFor(accountId: string, providerId: string, modelId: string): readonly BudgetRef[] {
    return this.#budgets.budgetsFor(accountId, providerId, modelId);
  }

  has(kind: 'key' | 'account' | 'provider', id: string): boolean {
    return this.tables[kind].has(id);
  }

  hasAdminKeyWithin(accountId: string): boolean {
    for (const key of this.tables.key.values()) {
      if (key.role === 'admin' && this.accounts.isWithin(key.accountId, accountId)) return true;
    }
    return false;
  }

  listModels(): readonly ListedModel[] {
    return this.#names.listed;
  }
}
