import { Injectable } from '@nestjs/common';
import { accounts, paginate, type Account, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { storedFields } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import type { AccountEntity } from './account.entity.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { visibleAccounts } from './visible-accounts.ts';

/** The most levels that the tree of accounts can have: each level may add budgets to every request below it. */
export const MAX_ACCOUNT_DEPTH = 64;

/** The most budgets that may count for one request: as many as a lease message can name. */
export const MAX_BUDGETS_ON_A_PATH = 64;

/** The rules of the tree of accounts. */
@Injectable()
export class AccountsService {
  readonly #repository: AccountsRepository;
  readonly #writer: ConfigurationWriter;

  constructor(repository: AccountsRepository, writer: ConfigurationWriter) {
    this.#repository = repository;
    this.#writer = writer;
  }

  create(message: ReceivedOf<typeof accounts.create>): Promise<Account> {
    return this.#writer.create(accounts.create, message, (draft) => this.add(draft, message.input));
  }

  /** Adds an account within a write. */
  async add(draft: ConfigurationDraft, input: ReceivedOf<typeof accounts.create>['input']): Promise<Account> {
    if (input.parentId !== null) await this.#requireParent(input.parentId, { height: 1 });
    return this.#changed(draft, await this.#repository.rows.insert(input));
  }

  async get({ id }: ReceivedOf<typeof accounts.get>): Promise<Account> {
    return this.#withPath(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof accounts.list>): Promise<ResponseOf<typeof accounts.list>> {
    const { parentId, kind, name, visibleTo } = query;
    const filters = { parentId, kind, name, id: visibleAccounts(visibleTo) };
    const { data, total } = await this.#repository.rows.page(query, filters);
    const paths = await this.#repository.pathsOf(data.map(({ id }) => id));
    return { data: data.map((row) => toAccount(row, paths.get(row.id) ?? [])), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof accounts.update>): Promise<Account> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      if (changes.parentId != null && changes.parentId !== row.parentId) {
        await this.#requireParent(changes.parentId, { height: await this.#repository.heightOf(row.id), moved: row.id });
        await this.#requireFewBudgets(row.id, changes.parentId);
      }
      return this.#changed(draft, await this.#repository.rows.update(row, changes));
    });
  }

  remove({ id, ifMatch }: ReceivedOf<typeof accounts.remove>): Promise<ResponseOf<typeof accounts.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      const children = await this.#repository.childrenOf(id);
      if (children.length > 0) {
        throw new DomainError('conflict', `The account still has ${children.join(' and ')}; remove them first.`, {
          children,
        });
      }
      await this.#repository.rows.archive(row);
      draft.remove('account', row.id);
      return {};
    });
  }

  async #requireParent(parentId: string, subtree: { height: number; moved?: string }): Promise<void> {
    if (!(await this.#repository.rows.find(parentId))) {
      throw invalidField('parentId', 'must be the id of an existing account');
    }
    const path = (await this.#repository.pathsOf([parentId])).get(parentId) ?? [];
    if (subtree.moved !== undefined && path.includes(subtree.moved)) {
      throw invalidField('parentId', 'must not be the account itself or one below it: that would make a cycle');
    }
    if (path.length + subtree.height > MAX_ACCOUNT_DEPTH) {
      throw invalidField('parentId', `must leave the tree with at most ${MAX_ACCOUNT_DEPTH} levels`);
    }
  }

  async #requireFewBudgets(id: string, parentId: string): Promise<void> {
    if ((await this.#repository.mostBudgetsOnAPath(id, parentId)) <= MAX_BUDGETS_ON_A_PATH) return;
    throw invalidField(
      'parentId',
      `must leave at most ${MAX_BUDGETS_ON_A_PATH} budgets from a root down to any account`,
    );
  }

  async #changed(draft: ConfigurationDraft, row: AccountEntity): Promise<Account> {
    const { id, parentId, limits, disabled } = row;
    draft.put({ kind: 'account', id, value: { id, parentId, limits, disabled } });
    return this.#withPath(row);
  }

  async #withPath(row: AccountEntity): Promise<Account> {
    return toAccount(row, (await this.#repository.pathsOf([row.id])).get(row.id) ?? []);
  }
}

function toAccount(row: AccountEntity, path: string[]): Account {
  const { name, kind, parentId, overBudget, limits, disabled } = row;
  return { ...storedFields(row), name, kind, parentId, path, overBudget, limits, disabled };
}
