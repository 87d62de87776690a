import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { WorkChanges } from '../changes/work-changes.ts';
import { notFound } from '@purser/errors';
import type { Item } from '../items/item.ts';
import { orderedProblems, type Problem } from '../items/problems.ts';
import { ItemsRepository } from './items.repository.ts';

/** What came of a change: `unclear` where what is stored is of the same moment and another. */
export type ToldOutcome = 'applied' | 'stale' | 'unclear';

/**
 * Writes changes that a source tells by itself, one by one and in any order, between its readings. Each is part of a
 * transaction that begins with {@link lock}.
 */
@Injectable()
export class ToldChangesRepository {
  readonly #database: Database;
  readonly #items: ItemsRepository;
  readonly #changes: WorkChanges;

  constructor(database: Database, items: ItemsRepository, changes: WorkChanges) {
    this.#database = database;
    this.#items = items;
    this.#changes = changes;
  }

  /**
   * Nobody else changes the source or its items until the transaction ends. First in it: two who had referred to the source
   * before would wait for each other, with a sync that ends between them.
   *
   * @throws DomainError `not_found`
   */
  async lock(sourceId: string): Promise<void> {
    const rows = await this.#database.query('SELECT id FROM sources WHERE id = $1 FOR NO KEY UPDATE', [sourceId]);
    if (rows.length === 0) throw notFound('source', sourceId);
  }

  /** Stores the item unless it is stored in a newer state, or gone for good. */
  async store(sourceId: string, item: Item): Promise<ToldOutcome> {
    const [kept] = await this.#items.notOvertaken(sourceId, [item], 'telling');
    if (kept === undefined || item.content === null) return 'stale';
    const [stored] = await this.#database.query<{ hash: string; updatedAt: Date }>(
      'SELECT hash, updated_at AS "updatedAt" FROM work_efforts WHERE source_id = $1 AND external_id = $2',
      [sourceId, item.externalId],
    );
    if (stored?.hash === item.hash) return 'stale';
    if (stored?.updatedAt.getTime() === item.content.updatedAt.getTime()) return 'unclear';
    await this.#changes.read(sourceId, await this.#items.write(sourceId, [item], []));
    await this.#show(sourceId, item.path, item.problems);
    return 'applied';
  }

  /** Removes the item for good. */
  async remove(sourceId: string, externalId: string): Promise<void> {
    await this.#items.forget(sourceId, [externalId], 'telling');
    await this.#changes.read(sourceId, await this.#items.write(sourceId, [], [externalId]));
    await this.#show(sourceId, externalId, []);
  }

  /** Has the source say what it now holds, and what is wrong with the item at `path`. */
  async #show(sourceId: string, path: string, problems: readonly Problem[]): Promise<void> {
    const [source] = await this.#database.query<{ problems: Problem[]; status: string }>(
      'SELECT problems, status FROM sources WHERE id = $1',
      [sourceId],
    );
    if (source === undefined) return;
    const others = source.problems.filter((problem) => problem.path !== path);
    const all = orderedProblems([...others, ...problems]);
    const read = source.status === 'ok' || source.status === 'partial';
    await this.#database.query(
      `UPDATE sources SET problems = $2, status = $3,
         work_efforts = (SELECT count(*) FROM work_efforts WHERE source_id = $1)
       WHERE id = $1`,
      [sourceId, JSON.stringify(all), read ? (all.length > 0 ? 'partial' : 'ok') : source.status],
    );
  }
}
