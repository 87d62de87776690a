import { Injectable } from '@nestjs/common';
import { models, paginate, type Model, type ModelEntry, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { storedFields } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import { formatNanos, formatUsd, parseUsd } from '@purser/money';
import { v7 as uuidv7 } from 'uuid';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import { ProvidersRepository } from '../providers/providers.repository.ts';
import type { ModelEntity } from './model.entity.ts';
import { ModelsRepository, type Prices } from './models.repository.ts';

type Input = ReceivedOf<typeof models.create>['input'];
type Changes = ReceivedOf<typeof models.update>['changes'];

/** The rules of models. Each change of a price makes a new price version; usage keeps the one that it was priced with. */
@Injectable()
export class ModelsService {
  readonly #repository: ModelsRepository;
  readonly #providers: ProvidersRepository;
  readonly #writer: ConfigurationWriter;

  constructor(repository: ModelsRepository, providers: ProvidersRepository, writer: ConfigurationWriter) {
    this.#repository = repository;
    this.#providers = providers;
    this.#writer = writer;
  }

  create(message: ReceivedOf<typeof models.create>): Promise<Model> {
    return this.#writer.create(models.create, message, (draft) => this.add(draft, message.input));
  }

  /** Adds a model within a write. */
  async add(draft: ConfigurationDraft, input: Input): Promise<Model> {
    const { providerId, name } = input;
    if (!(await this.#providers.rows.find(providerId))) {
      throw invalidField('providerId', 'must be the id of an existing provider');
    }
    if (await this.#repository.rows.findBy({ providerId, name })) {
      throw new DomainError('conflict', `The provider has a model with the name "${name}" already.`, { field: 'name' });
    }
    const id = uuidv7();
    const price = await this.#repository.insertPrice(id, pricesOf(input));
    return changed(draft, await this.#repository.rows.insert({ ...input, price }, id));
  }

  async get({ id }: ReceivedOf<typeof models.get>): Promise<Model> {
    return toModel(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof models.list>): Promise<ResponseOf<typeof models.list>> {
    const { providerId, name } = query;
    const { data, total } = await this.#repository.rows.page(query, { providerId, name });
    return { data: data.map(toModel), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof models.update>): Promise<Model> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      const { maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled } = changes;
      const price = await this.#changedPrice(row, changes);
      const rest = { maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled };
      return changed(draft, await this.#repository.rows.update(row, { ...rest, price }));
    });
  }

  remove({ id, ifMatch }: ReceivedOf<typeof models.remove>): Promise<ResponseOf<typeof models.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      if (await this.#repository.hasRoutes(id)) {
        throw new DomainError('conflict', 'Routes still lead to the model; change or remove them first.', {
          children: ['routes'],
        });
      }
      await this.#repository.rows.archive(row);
      draft.remove('model', row.id);
      return {};
    });
  }

  /** The new price version, or the one in force where no price is another one. */
  async #changedPrice(row: ModelEntity, changes: Changes): Promise<ModelEntity['price']> {
    const next: Prices = { ...row.price, ...pricesOf(changes) };
    const same = PRICES.every((price) => next[price] === row.price[price]);
    return same ? row.price : this.#repository.insertPrice(row.id, next);
  }
}

const PRICES = ['inputNanosPerMillion', 'outputNanosPerMillion', 'cachedInputNanosPerMillion'] as const;

function pricesOf(input: Input): Prices;
function pricesOf(changes: Changes): Partial<Prices>;
function pricesOf({ inputUsdPerMillion, outputUsdPerMillion, cachedInputUsdPerMillion }: Changes): Partial<Prices> {
  const prices: Partial<Prices> = {};
  if (inputUsdPerMillion !== undefined) prices.inputNanosPerMillion = parseUsd(inputUsdPerMillion);
  if (outputUsdPerMillion !== undefined) prices.outputNanosPerMillion = parseUsd(outputUsdPerMillion);
  if (cachedInputUsdPerMillion !== undefined) {
    prices.cachedInputNanosPerMillion = cachedInputUsdPerMillion === null ? null : parseUsd(cachedInputUsdPerMillion);
  }
  return prices;
}

function changed(draft: ConfigurationDraft, row: ModelEntity): Model {
  const { id, providerId, name, maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled } = row;
  draft.put({
    kind: 'model',
    id,
    value: {
      ...{ id, providerId, name, maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled },
      createdAt: row.createdAt.toISOString(),
      price: priceEntry(row.price),
    },
  });
  return toModel(row);
}

function priceEntry(price: ModelEntity['price']): ModelEntry['price'] {
  return {
    version: price.id,
    inputNanosPerMillion: formatNanos(price.inputNanosPerMillion),
    outputNanosPerMillion: formatNanos(price.outputNanosPerMillion),
    cachedInputNanosPerMillion: formatNanos(price.cachedInputNanosPerMillion ?? price.inputNanosPerMillion),
  };
}

function toModel(row: ModelEntity): Model {
  const { providerId, name, price, maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled } =
    row;
  const cached = price.cachedInputNanosPerMillion;
  return {
    ...storedFields(row),
    ...{ providerId, name, maxOutputTokens, contextTokens, reasoningUncapped, toolPromptTokens, disabled },
    inputUsdPerMillion: formatUsd(price.inputNanosPerMillion),
    outputUsdPerMillion: formatUsd(price.outputNanosPerMillion),
    cachedInputUsdPerMillion: cached === null ? null : formatUsd(cached),
    priceVersion: price.id,
  };
}
