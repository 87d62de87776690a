import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { givenFields } from './catalogue.entries.ts';
import type { CatalogueKind } from './catalogue-kinds.ts';
import type { FileEntry } from './catalogue-file.ts';
import type { StoredDocument } from './catalogue.repository.ts';

/** What becomes of the entries of one kind. */
export interface Difference {
  readonly kind: CatalogueKind;
  readonly created: readonly FileEntry[];
  readonly updated: readonly FileEntry[];
  readonly unchanged: number;
  readonly removed: readonly string[];
}

/** Entries that are compared before others get their turn of the event loop. */
const SLICE = 200;

/** Compares what a file has with what is stored. `removed` is what the file shall have taken away. */
export async function differenceOf(
  kind: CatalogueKind,
  entries: readonly FileEntry[],
  stored: readonly StoredDocument[],
  removed: readonly string[],
): Promise<Difference> {
  const known = new Map(stored.map((each) => [each.key, each.document]));
  const created = entries.filter(({ id }) => !known.has(id));
  const present = entries.filter(({ id }) => known.has(id));
  const updated: FileEntry[] = [];
  for (const [index, entry] of present.entries()) {
    if (index % SLICE === SLICE - 1) await setImmediate();
    if (!isSame(kind, entry, known.get(entry.id)!)) updated.push(entry);
  }
  return { kind, created, updated, unchanged: present.length - updated.length, removed };
}

/** Whether the entry says what is stored, in whatever order. */
function isSame(kind: CatalogueKind, { fields }: FileEntry, document: string): boolean {
  const { id: _, ...given } = fields;
  return isDeepStrictEqual(JSON.parse(JSON.stringify(given)), givenFields(kind, document));
}
