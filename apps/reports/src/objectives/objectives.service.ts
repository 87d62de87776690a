import { Injectable } from '@nestjs/common';
import { objectiveInput, objectives, validate } from '@purser/contracts';
import type { Objective, ObjectiveInput, ReceivedOf, ResponseOf, pageObjectives } from '@purser/contracts';
import { setFields } from '@purser/database';
import { invalidField } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { METRIC, OBJECTIVE } from '../catalogue/catalogue-kinds.ts';
import { CataloguePages } from '../catalogue/catalogue-pages.ts';
import { CatalogueRepository, type EntryCondition } from '../catalogue/catalogue.repository.ts';
import { withIds } from './key-result-ids.ts';
import { meanProgress, progressOf } from './progress.ts';

type KeyResult = Objective['keyResults'][number];
/** An objective as it is stored: what it adds up to is reckoned when it is read. */
type Stored = Omit<Objective, 'progress' | 'keyResults'> & { readonly keyResults: Omit<KeyResult, 'progress'>[] };

/** What is to be reached, and the metrics that show it. */
@Injectable()
export class ObjectivesService {
  readonly #entries: CatalogueEntries;
  readonly #rows: CatalogueRepository;
  readonly #pages: CataloguePages;

  constructor(entries: CatalogueEntries, rows: CatalogueRepository, pages: CataloguePages) {
    this.#entries = entries;
    this.#rows = rows;
    this.#pages = pages;
  }

  create(message: ReceivedOf<typeof objectives.create>): Promise<Objective> {
    return this.#entries.writeOnce(objectives.create, message, async () => {
      const { id = uuidv7(), ...fields } = message.input;
      await this.#requireMetrics(fields);
      return withProgress(await this.#entries.add<Stored>(OBJECTIVE, id, withIds(fields), 'id'));
    });
  }

  async get({ id }: ReceivedOf<typeof objectives.get>): Promise<Objective> {
    return withProgress(await this.#entries.get<Stored>(OBJECTIVE, id));
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof objectives.update>): Promise<Objective> {
    return this.#entries.write(async () => {
      const given = await this.#entries.getForChange<ObjectiveInput>(OBJECTIVE, id, ifMatch);
      const { id: _, ...fields } = validate(objectiveInput, { ...given, ...setFields(changes) });
      await this.#requireMetrics(fields);
      return withProgress(await this.#entries.replace<Stored>(OBJECTIVE, id, withIds(fields)));
    });
  }

  remove(message: ReceivedOf<typeof objectives.remove>): Promise<ResponseOf<typeof objectives.remove>> {
    return this.#entries.remove(OBJECTIVE, message);
  }

  page(query: ReceivedOf<typeof pageObjectives>): Promise<ResponseOf<typeof pageObjectives>> {
    return this.#pages.page(OBJECTIVE, query, {
      where: conditions(query),
      sort: query.sort ?? 'title',
      also: 'NULL',
      answer: ({ document }) => withProgress(JSON.parse(document) as Stored),
    });
  }

  async #requireMetrics({ keyResults }: Pick<ObjectiveInput, 'keyResults'>): Promise<void> {
    const existing = await this.#rows.existing(METRIC, [...new Set(keyResults.map(({ metricId }) => metricId))]);
    const missing = keyResults.findIndex(({ metricId }) => !existing.has(metricId));
    if (missing === -1) return;
    throw invalidField(`keyResults[${missing}].metricId`, 'must be the metricId of an existing definition');
  }
}

function withProgress(stored: Stored): Objective {
  const keyResults = stored.keyResults.map((each) => ({ ...each, progress: progressOf(each) }));
  return { ...stored, keyResults, progress: meanProgress(stored.keyResults) };
}

function conditions(query: ReceivedOf<typeof pageObjectives>): EntryCondition[] {
  const equal = (['domain', 'owner', 'status'] as const).map((column) => ({
    condition: (parameter: string) => `${column} = ${parameter}`,
    value: query[column],
  }));
  const metricId = query.metricId === undefined ? undefined : JSON.stringify([query.metricId]);
  return [...equal, { condition: (parameter) => `metric_ids @> ${parameter}::jsonb`, value: metricId }];
}
