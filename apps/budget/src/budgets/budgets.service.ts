import { Injectable } from '@nestjs/common';
import { budgets, paginate, type Budget, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import { parseUsd } from '@purser/money';
import { AccountsRepository } from '../accounts/accounts.repository.ts';
import { MAX_BUDGETS_ON_A_PATH } from '../accounts/accounts.service.ts';
import { visibleAccounts } from '../accounts/visible-accounts.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import { WindowRepository } from '../leases/window.repository.ts';
import { ModelsRepository } from '../models/models.repository.ts';
import { ProvidersRepository } from '../providers/providers.repository.ts';
import type { BudgetEntity } from './budget.entity.ts';
import { BudgetsRepository } from './budgets.repository.ts';
import { filterOf, toBudget } from './budgets.view.ts';

/** The rules of budgets. What they count is in their windows, which the leases keep. */
@Injectable()
export class BudgetsService {
  readonly #repository: BudgetsRepository;
  readonly #accounts: AccountsRepository;
  readonly #providers: ProvidersRepository;
  readonly #models: ModelsRepository;
  readonly #windows: WindowRepository;
  readonly #writer: ConfigurationWriter;

  constructor(
    repository: BudgetsRepository,
    accounts: AccountsRepository,
    providers: ProvidersRepository,
    models: ModelsRepository,
    windows: WindowRepository,
    writer: ConfigurationWriter,
  ) {
    this.#repository = repository;
    this.#accounts = accounts;
    this.#providers = providers;
    this.#models = models;
    this.#windows = windows;
    this.#writer = writer;
  }

  create(message: ReceivedOf<typeof budgets.create>): Promise<Budget> {
    const { accountId, limitUsd, window, timeZone, hard, filter, disabled } = message.input;
    return this.#writer.create(budgets.create, message, async (draft) => {
      await this.#requireAccount(accountId);
      if (!(await this.#repository.knowsTimeZone(timeZone))) {
        throw invalidField('timeZone', 'must be a time zone that the database knows too, such as Europe/Berlin');
      }
      await this.#requireFilter(filter);
      const row = await this.#repository.rows.insert({
        ...{ accountId, timeZone, hard, disabled, ...filterColumns(filter) },
        ...{ windowKind: window, limitNanos: parseUsd(limitUsd) },
      });
      return this.#changed(draft, row);
    });
  }

  async get({ id }: ReceivedOf<typeof budgets.get>): Promise<Budget> {
    return this.#withWindow(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof budgets.list>): Promise<ResponseOf<typeof budgets.list>> {
    const accountId = visibleAccounts(query.visibleTo, query.accountId);
    const { data, total } = await this.#repository.rows.page(query, { accountId });
    return { data: await this.#withWindows(data), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof budgets.update>): Promise<Budget> {
    const { limitUsd, hard, filter, disabled } = changes;
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      if (filter) await this.#requireFilter(filter);
      const limitNanos = limitUsd === undefined ? undefined : parseUsd(limitUsd);
      const columns = filter ? filterColumns(filter) : {};
      const updated = await this.#repository.rows.update(row, { hard, disabled, limitNanos, ...columns });
      if (limitNanos !== undefined || hard !== undefined) await this.#windows.applyBudgetChange(row.id);
      return this.#changed(draft, updated);
    });
  }

  remove({ id, ifMatch }: ReceivedOf<typeof budgets.remove>): Promise<ResponseOf<typeof budgets.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      await this.#repository.rows.archive(row);
      draft.remove('budget', row.id);
      return {};
    });
  }

  async #requireAccount(id: string): Promise<void> {
    const account = await this.#accounts.rows.find(id);
    if (!account) throw invalidField('accountId', 'must be the id of an existing account');
    if ((await this.#accounts.mostBudgetsOnAPath(id, account.parentId)) < MAX_BUDGETS_ON_A_PATH) return;
    throw new DomainError(
      'conflict',
      `At most ${MAX_BUDGETS_ON_A_PATH} budgets can count for one request, its account and all above it taken together.`,
      { field: 'accountId' },
    );
  }

  async #requireFilter({ providerId, modelId }: Budget['filter']): Promise<void> {
    if (providerId !== undefined && !(await this.#providers.rows.find(providerId))) {
      throw invalidField('filter.providerId', 'must be the id of an existing provider');
    }
    if (modelId === undefined) return;
    const model = await this.#models.rows.find(modelId);
    if (!model) throw invalidField('filter.modelId', 'must be the id of an existing model');
    if (providerId !== undefined && model.providerId !== providerId) {
      throw invalidField('filter.modelId', 'must be a model of the provider that filter.providerId names');
    }
  }

  async #changed(draft: ConfigurationDraft, row: BudgetEntity): Promise<Budget> {
    const { id, accountId, windowKind, hard, disabled } = row;
    const value = { id, accountId, window: windowKind, hard, filter: filterOf(row), disabled };
    draft.put({ kind: 'budget', id, value });
    return this.#withWindow(row);
  }

  async #withWindow(row: BudgetEntity): Promise<Budget> {
    const [budget] = await this.#withWindows([row]);
    return budget as Budget;
  }

  async #withWindows(rows: readonly BudgetEntity[]): Promise<Budget[]> {
    const windows = await this.#windows.currentOf(rows.map(({ id }) => id));
    return rows.map((row) => {
      const current = windows.get(row.id);
      // Made a moment ago where it was missing: only one that ended in this very moment is not there.
      if (!current)
        throw new DomainError('concurrent_change', 'A window of the budget ended just now.', { id: row.id });
      return toBudget(row, current);
    });
  }
}

function filterColumns({ providerId, modelId }: Budget['filter']) {
  return { filterProviderId: providerId ?? null, filterModelId: modelId ?? null };
}
