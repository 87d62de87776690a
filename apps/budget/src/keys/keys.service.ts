import { Injectable } from '@nestjs/common';
import { apiKeys, paginate, type ApiKey, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { type NewRow, storedFields } from '@purser/database';
import { invalidField } from '@purser/errors';
import { newApiKey } from '@purser/secrets';
import { AccountsRepository } from '../accounts/accounts.repository.ts';
import { visibleAccounts } from '../accounts/visible-accounts.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import type { KeyEntity } from './key.entity.ts';
import { KeysRepository } from './keys.repository.ts';

/** The rules of API keys. A secret leaves here once, in the answer to its creation, and is stored as its SHA-256 only. */
@Injectable()
export class KeysService {
  readonly #repository: KeysRepository;
  readonly #accounts: AccountsRepository;
  readonly #writer: ConfigurationWriter;

  constructor(repository: KeysRepository, accounts: AccountsRepository, writer: ConfigurationWriter) {
    this.#repository = repository;
    this.#accounts = accounts;
    this.#writer = writer;
  }

  create(message: ReceivedOf<typeof apiKeys.create>): Promise<ResponseOf<typeof apiKeys.create>> {
    return this.#writer.create(apiKeys.create, message, async (draft) => {
      const { input } = message;
      if (!(await this.#accounts.rows.find(input.accountId))) {
        throw invalidField('accountId', 'must be the id of an existing account');
      }
      const { key, sha256, prefix } = newApiKey();
      const created = await this.add(draft, {
        ...input,
        expiresAt: dateOf(input.expiresAt),
        ...{ sha256, prefix, initialAdmin: false },
      });
      return { ...created, key };
    });
  }

  /** Adds a key whose secret is known already, within a write. */
  async add(draft: ConfigurationDraft, fields: NewRow<KeyEntity>): Promise<ApiKey> {
    return changed(draft, await this.#repository.rows.insert(fields));
  }

  async get({ id }: ReceivedOf<typeof apiKeys.get>): Promise<ApiKey> {
    return toKey(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof apiKeys.list>): Promise<ResponseOf<typeof apiKeys.list>> {
    const accountId = visibleAccounts(query.visibleTo, query.accountId);
    const { data, total } = await this.#repository.rows.page(query, { accountId, role: query.role });
    return { data: data.map(toKey), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof apiKeys.update>): Promise<ApiKey> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      return this.change(draft, row, { ...changes, expiresAt: dateOf(changes.expiresAt) });
    });
  }

  /** Changes a key within a write. */
  async change(draft: ConfigurationDraft, row: KeyEntity, changes: Partial<NewRow<KeyEntity>>): Promise<ApiKey> {
    return changed(draft, await this.#repository.rows.update(row, changes));
  }

  remove({ id, ifMatch }: ReceivedOf<typeof apiKeys.remove>): Promise<ResponseOf<typeof apiKeys.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      await this.#repository.rows.archive(row);
      draft.remove('key', row.id);
      return {};
    });
  }
}

function dateOf<T extends null | undefined>(instant: string | T): Date | T {
  return typeof instant === 'string' ? new Date(instant) : instant;
}

function changed(draft: ConfigurationDraft, row: KeyEntity): ApiKey {
  const { id, accountId, sha256, role, limits, disabled } = row;
  const expiresAt = row.expiresAt?.toISOString() ?? null;
  draft.put({ kind: 'key', id, value: { id, accountId, sha256, role, disabled, expiresAt, limits } });
  return toKey(row);
}

function toKey(row: KeyEntity): ApiKey {
  const { accountId, name, role, prefix, limits, disabled } = row;
  const expiresAt = row.expiresAt?.toISOString() ?? null;
  return { ...storedFields(row), accountId, name, role, prefix, disabled, expiresAt, limits };
}
