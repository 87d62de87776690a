import { Injectable } from '@nestjs/common';
import { MAX_LISTED_CHANGES } from '@purser/contracts';
import type { ImportResult, ReceivedOf, importCatalogue, stageCatalogue } from '@purser/contracts';
import { Database } from '@purser/database';
import { DomainError } from '@purser/errors';
import { CatalogueEntries } from './catalogue.entries.ts';
import { differenceOf, type Difference } from './catalogue-difference.ts';
import { readCatalogueFile, SECTIONS, type FileEntry, type FileSection } from './catalogue-file.ts';
import { CatalogueRepository } from './catalogue.repository.ts';
import { Findings } from './findings.ts';
import { ImportPartsRepository } from './import-parts.repository.ts';
import { ImportReferences } from './import-references.ts';

type Import = ReceivedOf<typeof importCatalogue>;

/** Rows that one statement writes. */
const BATCH = 500;
/** Less than the message's own deadline, so that the answer says what happened. */
const TRANSACTION_TIMEOUT_MS = 50_000;

/** Takes catalogue files in, all of a file or nothing. */
@Injectable()
export class ImportService {
  readonly #parts: ImportPartsRepository;
  readonly #rows: CatalogueRepository;
  readonly #entries: CatalogueEntries;
  readonly #references: ImportReferences;
  readonly #database: Database;

  constructor(
    parts: ImportPartsRepository,
    rows: CatalogueRepository,
    entries: CatalogueEntries,
    references: ImportReferences,
    database: Database,
  ) {
    this.#parts = parts;
    this.#rows = rows;
    this.#entries = entries;
    this.#references = references;
    this.#database = database;
  }

  /** @throws DomainError `unavailable` where too many files are on their way in */
  async stage({ importId, part, text }: ReceivedOf<typeof stageCatalogue>): Promise<Record<string, never>> {
    if (await this.#parts.put(importId, part, text)) return {};
    throw new DomainError('unavailable', 'Too many catalogue files are being imported already; try again later.');
  }

  /** @throws DomainError `invalid_request` with every fault of the file by its path; nothing is changed then */
  async import(message: Import): Promise<ImportResult> {
    const parts = await this.#parts.take(message.importId);
    if (parts.length !== message.parts) {
      throw new DomainError('unavailable', 'Not all parts of the catalogue file arrived in time; send it again.');
    }
    const file = await readCatalogueFile(parts.join(''));
    if (message.dryRun) return this.#database.transaction(() => this.#compared(file, message), READ_ONCE);
    return this.#entries.write(async () => {
      await this.#rows.deferNames();
      const differences = await this.#differences(file, message);
      for (const difference of differences.toReversed()) await this.#rows.remove(difference.kind, difference.removed);
      for (const difference of differences) await this.#write(difference);
      return resultOf(message, differences);
    }, TRANSACTION_TIMEOUT_MS);
  }

  async #compared(file: readonly FileSection[], message: Import): Promise<ImportResult> {
    return resultOf(message, await this.#differences(file, message));
  }

  async #differences(file: readonly FileSection[], { mode }: Import): Promise<Difference[]> {
    const differences: Difference[] = [];
    for (const { kind, entries } of file) {
      const ids = new Set(entries.map(({ id }) => id));
      const removed = mode === 'replace' ? (await this.#rows.keys(kind)).filter((key) => !ids.has(key)) : [];
      differences.push(await differenceOf(kind, entries, await this.#rows.findAll(kind, [...ids]), removed));
    }
    const findings = new Findings();
    await this.#references.check(file, differences, findings);
    findings.throwIfAny();
    return differences;
  }

  async #write({ kind, created, updated }: Difference): Promise<void> {
    for (const batch of batches(updated)) await this.#rows.replace(kind, batch);
    for (const batch of batches(created)) await this.#rows.insert(kind, batch);
  }
}

/** One state of the catalogue for all that a dry run looks at. */
const READ_ONCE = { isolation: 'REPEATABLE READ', timeoutMs: TRANSACTION_TIMEOUT_MS } as const;

function* batches(entries: readonly FileEntry[]): Generator<readonly FileEntry[]> {
  for (let start = 0; start < entries.length; start += BATCH) yield entries.slice(start, start + BATCH);
}

function resultOf({ dryRun, mode }: Import, differences: readonly Difference[]): ImportResult {
  const counts = SECTIONS.map(({ section, kind }) => {
    const of = differences.find((difference) => difference.kind === kind);
    const { created = [], updated = [], unchanged = 0, removed = [] } = of ?? {};
    return [section, { created: created.length, updated: updated.length, unchanged, removed: removed.length }] as const;
  });
  return {
    dryRun,
    mode,
    ...(Object.fromEntries(counts) as Pick<ImportResult, 'domains' | 'metrics' | 'objectives'>),
    changes: differences.flatMap(changesOf).slice(0, MAX_LISTED_CHANGES),
  };
}

function changesOf({ kind: { name: kind }, created, updated, removed }: Difference): ImportResult['changes'] {
  return [
    ...created.map(({ id }) => ({ kind, id, change: 'created' as const })),
    ...updated.map(({ id }) => ({ kind, id, change: 'updated' as const })),
    ...removed.map((id) => ({ kind, id, change: 'removed' as const })),
  ];
}
