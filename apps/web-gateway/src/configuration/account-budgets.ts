import type { BudgetEntry } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { lineageOf } from './lineage.ts';
import type { BudgetRef } from './snapshot.ts';
import type { Tables } from './tables.ts';

/** The budgets that apply to an account's requests, worked out once per account and target. */
export class AccountBudgets {
  readonly #ofAccount: ReadonlyMap<string, readonly BudgetEntry[]>;
  /** By account, then by model: a model belongs to one provider. As many entries as there are both in use. */
  readonly #known = new Map<string, Map<string, readonly BudgetRef[]>>();

  constructor(private readonly tables: Pick<Tables, 'account' | 'budget'>) {
    const enabled = [...tables.budget.values()].filter(({ disabled }) => !disabled);
    this.#ofAccount = Map.groupBy(enabled, ({ accountId }) => accountId);
  }

  /** @throws DomainError `unavailable` for an account that is not known, so that nobody spends past budgets unseen */
  budgetsFor(accountId: string, providerId: string, modelId: string): readonly BudgetRef[] {
    const known = this.#known.get(accountId)?.get(modelId);
    if (known !== undefined) return known;
    const found = Object.freeze(this.#find(accountId, providerId, modelId));
    const ofModel = this.#known.get(accountId) ?? new Map<string, readonly BudgetRef[]>();
    this.#known.set(accountId, ofModel.set(modelId, found));
    return found;
  }

  #find(accountId: string, providerId: string, modelId: string): BudgetRef[] {
    const lineage = lineageOf(this.tables.account, accountId);
    if (lineage === undefined) {
      throw new DomainError('unavailable', 'The budgets of this account are not known yet.', { accountId });
    }
    return lineage
      .flatMap(({ id }) => this.#ofAccount.get(id) ?? [])
      .filter(
        ({ filter }) => (filter.providerId ?? providerId) === providerId && (filter.modelId ?? modelId) === modelId,
      )
      .map(({ id, hard }) => Object.freeze({ id, hard }))
      .sort((a, b) => Number(b.hard) - Number(a.hard));
  }
}
