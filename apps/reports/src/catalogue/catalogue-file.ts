import { setImmediate } from 'node:timers/promises';
import { catalogueEntries, catalogueFrame, validate } from '@purser/contracts';
import type { CatalogueSection, DomainInput, MetricInput, ObjectiveInput } from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import { withIds } from '../objectives/key-result-ids.ts';
import { DOMAIN, METRIC, OBJECTIVE, type CatalogueKind } from './catalogue-kinds.ts';
import { Findings } from './findings.ts';

/** An entry of a file: its id, its place in the file's list, and its fields as they are stored. */
export interface FileEntry {
  readonly id: string;
  readonly index: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One list of a file. */
export interface FileSection {
  readonly section: CatalogueSection;
  readonly kind: CatalogueKind;
  readonly entries: readonly FileEntry[];
}

/** In the order in which they are written: what is referred to comes first. */
export const SECTIONS: readonly { readonly section: CatalogueSection; readonly kind: CatalogueKind }[] = [
  { section: 'domains', kind: DOMAIN },
  { section: 'metrics', kind: METRIC },
  { section: 'objectives', kind: OBJECTIVE },
];

/** Entries that are checked before others get their turn of the event loop. */
const SLICE = 200;

/**
 * Reads a catalogue file: the sections that it has, each entry held to its schema and there once.
 *
 * @throws DomainError `invalid_request`: `details.issues` names each fault by its path, as `metrics[3].targets.warning`
 */
export async function readCatalogueFile(text: string): Promise<FileSection[]> {
  const frame = validate(catalogueFrame, parse(text));
  const named = SECTIONS.filter(({ section }) => frame[section] !== undefined);
  if (named.length === 0) throw invalidField('body', 'must have at least one of domains, metrics and objectives');
  const findings = new Findings();
  const read: FileSection[] = [];
  for (const { section, kind } of named) {
    read.push({ section, kind, entries: await readSection(section, frame[section]!, findings) });
  }
  findings.throwIfAny();
  return read;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DomainError('invalid_request', 'body: must be JSON', { field: 'body' }, { cause });
  }
}

async function readSection(
  section: CatalogueSection,
  given: readonly unknown[],
  findings: Findings,
): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  const places = new Map<string, number>();
  for (const [index, value] of given.entries()) {
    if (findings.isFull) break;
    if (index % SLICE === SLICE - 1) await setImmediate();
    const entry = readEntry(section, index, value, findings);
    if (entry === undefined) continue;
    const before = places.get(entry.id);
    if (before !== undefined) {
      const field = `${section}[${index}].${section === 'metrics' ? 'metricId' : 'id'}`;
      findings.add({ field, message: `must be there once; ${section}[${before}] is "${entry.id}" as well` });
    }
    places.set(entry.id, index);
    entries.push(entry);
  }
  return entries;
}

function readEntry(
  section: CatalogueSection,
  index: number,
  value: unknown,
  findings: Findings,
): FileEntry | undefined {
  try {
    const fields = storedFields(section, validate(catalogueEntries[section], value));
    return { id: String(section === 'metrics' ? fields['metricId'] : fields['id']), index, fields };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const issues = error.details['issues'] as { field: string; message: string }[];
    findings.add(...issues.map(({ field, message }) => ({ field: pathOf(section, index, field), message })));
    return undefined;
  }
}

function storedFields(section: CatalogueSection, entry: unknown): Record<string, unknown> {
  if (section === 'metrics') return entry as MetricInput;
  return section === 'objectives' ? withIds(entry as ObjectiveInput) : { ...(entry as DomainInput) };
}

/** A finding of the entry as a whole is called `body` by the schema. */
function pathOf(section: CatalogueSection, index: number, field: string): string {
  return field === 'body' ? `${section}[${index}]` : `${section}[${index}].${field}`;
}
