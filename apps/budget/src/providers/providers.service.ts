import { Inject, Injectable } from '@nestjs/common';
import { paginate, providers, type Provider, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { type NewRow, type RowChanges, storedFields } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import { isLinkLocal } from '@purser/secrets';
import { BUDGET_CONFIG, type BudgetConfig } from '../budget.config.ts';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import type { ProviderEntity } from './provider.entity.ts';
import { ProvidersRepository } from './providers.repository.ts';

const DEFAULT_BASE_URLS: Partial<Record<Provider['kind'], string>> = { openai: 'https://api.openai.com/v1' };

/** The rules of providers. Their API keys pass through sealed: this service neither opens nor returns them. */
@Injectable()
export class ProvidersService {
  readonly #repository: ProvidersRepository;
  readonly #writer: ConfigurationWriter;
  readonly #linkLocalAllowed: boolean;

  constructor(
    repository: ProvidersRepository,
    writer: ConfigurationWriter,
    @Inject(BUDGET_CONFIG) config: Pick<BudgetConfig, 'ALLOW_LINK_LOCAL_PROVIDERS'>,
  ) {
    this.#repository = repository;
    this.#writer = writer;
    this.#linkLocalAllowed = config.ALLOW_LINK_LOCAL_PROVIDERS;
  }

  create(message: ReceivedOf<typeof providers.create>): Promise<Provider> {
    const { input } = message;
    return this.#writer.create(providers.create, message, async (draft) => {
      const baseUrl = input.baseUrl ?? DEFAULT_BASE_URLS[input.kind];
      if (baseUrl === undefined) throw invalidField('baseUrl', `must be given for a provider of kind "${input.kind}"`);
      const sealedApiKey = input.sealedApiKey ?? null;
      return this.add(draft, { ...input, baseUrl, sealedApiKey, fromEnvironment: false });
    });
  }

  /** Adds a provider within a write. */
  async add(draft: ConfigurationDraft, fields: NewRow<ProviderEntity>): Promise<Provider> {
    this.#checkBaseUrl(fields.baseUrl);
    if (await this.#repository.rows.findBy({ name: fields.name })) {
      throw new DomainError('conflict', `There is a provider with the name "${fields.name}" already.`, {
        field: 'name',
      });
    }
    return changed(draft, await this.#repository.rows.insert(fields));
  }

  async get({ id }: ReceivedOf<typeof providers.get>): Promise<Provider> {
    return toProvider(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof providers.list>): Promise<ResponseOf<typeof providers.list>> {
    const { data, total } = await this.#repository.rows.page(query, { name: query.name });
    return { data: data.map(toProvider), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof providers.update>): Promise<Provider> {
    return this.#writer.write(async (draft) =>
      this.change(draft, await this.#repository.rows.getForChange(id, ifMatch), changes),
    );
  }

  /** Changes a provider within a write. */
  async change(draft: ConfigurationDraft, row: ProviderEntity, changes: RowChanges<ProviderEntity>): Promise<Provider> {
    if (changes.baseUrl !== undefined) this.#checkBaseUrl(changes.baseUrl);
    return changed(draft, await this.#repository.rows.update(row, changes));
  }

  remove({ id, ifMatch }: ReceivedOf<typeof providers.remove>): Promise<ResponseOf<typeof providers.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      if (await this.#repository.hasModels(id)) {
        throw new DomainError('conflict', 'The provider still has models; remove them first.', {
          children: ['models'],
        });
      }
      await this.#repository.rows.archive(row);
      draft.remove('provider', row.id);
      return {};
    });
  }

  #checkBaseUrl(baseUrl: string): void {
    if (this.#linkLocalAllowed || !isLinkLocal(baseUrl)) return;
    throw invalidField(
      'baseUrl',
      'must not be a link-local or metadata address (the operator can allow it with ALLOW_LINK_LOCAL_PROVIDERS)',
    );
  }
}

function changed(draft: ConfigurationDraft, row: ProviderEntity): Provider {
  const { id, name, kind, baseUrl, sealedApiKey, concurrency, limits, cancelledStreams, simulated, disabled } = row;
  draft.put({
    kind: 'provider',
    id,
    value: { id, name, kind, baseUrl, sealedApiKey, concurrency, limits, cancelledStreams, simulated, disabled },
  });
  return toProvider(row);
}

function toProvider(row: ProviderEntity): Provider {
  const { name, kind, baseUrl, concurrency, limits, cancelledStreams, simulated, disabled } = row;
  return {
    ...storedFields(row),
    ...{ name, kind, baseUrl, concurrency, limits, cancelledStreams, simulated, disabled },
    hasApiKey: row.sealedApiKey !== null,
    status: disabled ? 'disabled' : 'enabled',
  };
}
