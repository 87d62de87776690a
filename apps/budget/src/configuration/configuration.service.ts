import { Injectable } from '@nestjs/common';
import type { ConfigurationEntry, ReceivedOf, ResponseOf, readConfiguration } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { ConfigurationRepository, type EntryPosition } from './configuration.repository.ts';

const PAGE_ENTRIES = 500;
/** NATS carries 1 MB by default; entries are small, but for the odd sealed key. */
const PAGE_CHARACTERS = 400_000;
const CURSOR = /^(\d{1,15}) ([a-z]{1,16}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Hands out what changed since a version.
 *
 * An entry has the version of its last change only. So while writes go on, an entry that was still to come may move to a
 * later place, never to an earlier one: whoever reads to the end has, with the last page, exactly the state of the
 * version that this page names, whatever was written in between.
 */
@Injectable()
export class ConfigurationService {
  readonly #repository: ConfigurationRepository;

  constructor(repository: ConfigurationRepository) {
    this.#repository = repository;
  }

  /** @throws DomainError `invalid_request` for a cursor that no page ended with */
  async read(request: ReceivedOf<typeof readConfiguration>): Promise<ResponseOf<typeof readConfiguration>> {
    const from = request.cursor === null ? ConfigurationRepository.behind(request.since) : parseCursor(request.cursor);
    const { version, entries } = await this.#repository.readAfter(from, PAGE_ENTRIES + 1);
    const page = entries.slice(0, lengthOfPage(entries));
    const last = page.at(-1);
    const nextCursor = last && page.length < entries.length ? `${last.version} ${last.kind} ${last.id}` : null;
    return { version, entries: page, nextCursor };
  }
}

function parseCursor(cursor: string): EntryPosition {
  const [, version, kind, id] = CURSOR.exec(cursor) ?? [];
  if (version === undefined || kind === undefined || id === undefined) {
    throw invalidField('cursor', 'must be a nextCursor of an earlier answer');
  }
  return { version: Number(version), kind, id };
}

function lengthOfPage(entries: readonly ConfigurationEntry[]): number {
  let characters = 0;
  let length = 0;
  for (const entry of entries.slice(0, PAGE_ENTRIES)) {
    characters += JSON.stringify(entry).length;
    if (length > 0 && characters > PAGE_CHARACTERS) break;
    length += 1;
  }
  return length;
}
