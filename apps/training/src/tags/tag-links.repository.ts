import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { v5 as uuidv5 } from 'uuid';

/** Which tags a work effort is to have, in their order. */
export interface TaggedWorkEffort {
  readonly id: string;
  readonly tags: readonly string[];
}

/** Of the ids of tags, which are made from their names. */
const TAG_IDS = 'b2d7d1a6-2f0e-4b52-9a43-6d8f5c7e91aa';

/** Tags are shared by sources: without it two syncs could take a tag away and hang one on it at the same time. */
const LOCK_TAGS = `SELECT pg_advisory_xact_lock(hashtext('training.tags'))`;

/*
 * Gives work efforts tags. In: $1 to $3 the ids of the work efforts and of their tags, and the positions. Out: nothing.
 * Locks: the rows written; whoever writes tags holds the lock of LOCK_TAGS before.
 */
const LINK = `
  INSERT INTO work_effort_tags (work_effort_id, tag_id, position) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[])
  ON CONFLICT (work_effort_id, tag_id) DO UPDATE SET position = excluded.position`;

/* Takes tags from work efforts. In: $1 and $2 the ids of both. Out: nothing. Locks: as above. */
const UNLINK = `
  DELETE FROM work_effort_tags WHERE (work_effort_id, tag_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))`;

interface Link {
  readonly workEffortId: string;
  readonly tagId: string;
  readonly position: number;
}

/**
 * The tags of work efforts, to write, within the transaction of a sync that holds the source's row. A tag that no work
 * effort has any more is removed. Everyone who changes tags waits for everyone else until their transaction ends, so this
 * comes last in it; who changes none waits for nobody.
 */
@Injectable()
export class TagLinksRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The ids of the tags that a source's work efforts have, or those of them with these ids. */
  async tagsOf(sourceId: string, workEffortIds?: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(
      `SELECT DISTINCT tag_id AS id FROM work_effort_tags JOIN work_efforts ON work_efforts.id = work_effort_id
       WHERE source_id = $1 AND ($2::uuid[] IS NULL OR work_effort_id = ANY ($2))`,
      [sourceId, workEffortIds ?? null],
    );
    return rows.map(({ id }) => id);
  }

  /** Has the work efforts have these tags and no others; `left` are ids of tags that others were removed with. */
  async write(workEfforts: readonly TaggedWorkEffort[], left: readonly string[]): Promise<void> {
    const held = new Map((await this.#held(workEfforts)).map((link) => [keyOf(link), link]));
    const wanted = new Map(workEfforts.flatMap(linksOf).map((link) => [keyOf(link), link]));
    const unlinked = [...held.values()].filter((link) => !wanted.has(keyOf(link)));
    const linked = [...wanted.values()].filter((link) => held.get(keyOf(link))?.position !== link.position);
    if (linked.length + unlinked.length + left.length === 0) return;
    await this.#database.query(LOCK_TAGS);
    if (linked.length > 0) await this.#link(linked, workEfforts);
    if (unlinked.length > 0)
      await this.#database.query(UNLINK, [column(unlinked, 'workEffortId'), column(unlinked, 'tagId')]);
    await this.#removeUnused([...left, ...column(unlinked, 'tagId')]);
  }

  async #held(workEfforts: readonly TaggedWorkEffort[]): Promise<Link[]> {
    if (workEfforts.length === 0) return [];
    return this.#database.query<Link & Record<string, unknown>>(
      `SELECT work_effort_id AS "workEffortId", tag_id AS "tagId", position FROM work_effort_tags
       WHERE work_effort_id = ANY ($1::uuid[])`,
      [workEfforts.map(({ id }) => id)],
    );
  }

  async #link(links: readonly Link[], workEfforts: readonly TaggedWorkEffort[]): Promise<void> {
    const names = [...new Set(workEfforts.flatMap(({ tags }) => tags))];
    await this.#database.query(
      `INSERT INTO tags (id, name) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT (id) DO NOTHING`,
      [names.map(idOf), names],
    );
    await this.#database.query(LINK, [
      column(links, 'workEffortId'),
      column(links, 'tagId'),
      column(links, 'position'),
    ]);
  }

  async #removeUnused(tagIds: readonly string[]): Promise<void> {
    if (tagIds.length === 0) return;
    await this.#database.query(
      `DELETE FROM tags WHERE id = ANY ($1::uuid[]) AND NOT EXISTS (SELECT FROM work_effort_tags WHERE tag_id = tags.id)`,
      [[...new Set(tagIds)]],
    );
  }
}

const idOf = (name: string): string => uuidv5(name, TAG_IDS);
const keyOf = ({ workEffortId, tagId }: Link): string => `${workEffortId} ${tagId}`;

function linksOf({ id, tags }: TaggedWorkEffort): Link[] {
  return tags.map((name, position) => ({ workEffortId: id, tagId: idOf(name), position }));
}

function column<K extends keyof Link>(links: readonly Link[], name: K): Link[K][] {
  return links.map((link) => link[name]);
}
