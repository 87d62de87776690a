import { Injectable } from '@nestjs/common';
import { paginate, routes, type ReceivedOf, type ResponseOf, type Route } from '@purser/contracts';
import { storedFields } from '@purser/database';
import { DomainError, invalidField } from '@purser/errors';
import type { ConfigurationDraft } from '../configuration/configuration.draft.ts';
import { ConfigurationWriter } from '../configuration/configuration.writer.ts';
import { ModelsRepository } from '../models/models.repository.ts';
import type { RouteEntity } from './route.entity.ts';
import { RoutesRepository } from './routes.repository.ts';

/** The rules of routes. */
@Injectable()
export class RoutesService {
  readonly #repository: RoutesRepository;
  readonly #models: ModelsRepository;
  readonly #writer: ConfigurationWriter;

  constructor(repository: RoutesRepository, models: ModelsRepository, writer: ConfigurationWriter) {
    this.#repository = repository;
    this.#models = models;
    this.#writer = writer;
  }

  create(message: ReceivedOf<typeof routes.create>): Promise<Route> {
    const { input } = message;
    return this.#writer.create(routes.create, message, async (draft) => {
      if (await this.#repository.rows.findBy({ name: input.name })) {
        throw new DomainError('conflict', `There is a route with the name "${input.name}" already.`, { field: 'name' });
      }
      await this.#requireModels(input.targets);
      return changed(draft, await this.#repository.rows.insert(input));
    });
  }

  async get({ id }: ReceivedOf<typeof routes.get>): Promise<Route> {
    return toRoute(await this.#repository.rows.get(id));
  }

  async list(query: ReceivedOf<typeof routes.list>): Promise<ResponseOf<typeof routes.list>> {
    const { data, total } = await this.#repository.rows.page(query, { name: query.name });
    return { data: data.map(toRoute), pagination: paginate(query, total) };
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof routes.update>): Promise<Route> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      if (changes.targets) await this.#requireModels(changes.targets);
      return changed(draft, await this.#repository.rows.update(row, changes));
    });
  }

  remove({ id, ifMatch }: ReceivedOf<typeof routes.remove>): Promise<ResponseOf<typeof routes.remove>> {
    return this.#writer.write(async (draft) => {
      const row = await this.#repository.rows.getForChange(id, ifMatch);
      await this.#repository.rows.archive(row);
      draft.remove('route', row.id);
      return {};
    });
  }

  async #requireModels(targets: Route['targets']): Promise<void> {
    const found = await this.#models.rows.findAll(targets.map(({ modelId }) => modelId));
    const known = new Set(found.map(({ id }) => id));
    const unknown = targets.findIndex(({ modelId }) => !known.has(modelId));
    if (unknown >= 0) throw invalidField(`targets[${unknown}].modelId`, 'must be the id of an existing model');
  }
}

function changed(draft: ConfigurationDraft, row: RouteEntity): Route {
  const { id, name, strategy, targets, defaultMaxTokens, cache, disabled } = row;
  const createdAt = row.createdAt.toISOString();
  const value = { id, name, createdAt, strategy, targets, defaultMaxTokens, cache, disabled };
  draft.put({ kind: 'route', id, value });
  return toRoute(row);
}

function toRoute(row: RouteEntity): Route {
  const { name, strategy, targets, defaultMaxTokens, cache, disabled } = row;
  return { ...storedFields(row), name, strategy, targets, defaultMaxTokens, cache, disabled };
}
