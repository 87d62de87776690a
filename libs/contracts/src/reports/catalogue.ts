import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { id } from '../scalars.ts';
import { domainEntry } from './domains.ts';
import { metricInput } from './metrics.ts';
import { objectiveEntry } from './objectives.ts';

/** What a catalogue file says that it is. */
export const CATALOGUE_FORMAT = 'purser-catalogue/1';
/** The most bytes of a catalogue file that one import takes. */
export const MAX_CATALOGUE_BYTES = 16_000_000;
/** Characters of one part: with all of them three bytes long it still fits the smallest usual message (1 MiB). */
export const CATALOGUE_PART_CHARACTERS = 300_000;
const MAX_PARTS = Math.ceil(MAX_CATALOGUE_BYTES / CATALOGUE_PART_CHARACTERS);
/** The most changes that an import lists one by one. */
export const MAX_LISTED_CHANGES = 1_000;

const MAX_ENTRIES = { domains: 2_000, metrics: 20_000, objectives: 5_000 };
/** The most entries of a catalogue file, of all kinds together. */
export const MAX_CATALOGUE_ENTRIES = MAX_ENTRIES.domains + MAX_ENTRIES.metrics + MAX_ENTRIES.objectives;

const listOf = (most: number) =>
  z.array(z.unknown(), 'must be a list').max(most, `must have at most ${most} entries`).optional();

/** The outside of a catalogue file. Its entries are checked one by one, by the schemas of {@link catalogueEntries}. */
export const catalogueFrame = z.strictObject({
  format: z.literal(CATALOGUE_FORMAT, { error: `must be "${CATALOGUE_FORMAT}"` }).optional(),
  domains: listOf(MAX_ENTRIES.domains),
  metrics: listOf(MAX_ENTRIES.metrics),
  objectives: listOf(MAX_ENTRIES.objectives),
});

/** What stands in a file under each name. */
export const catalogueEntries = { domains: domainEntry, metrics: metricInput, objectives: objectiveEntry };
export type CatalogueSection = keyof typeof catalogueEntries;

/** A catalogue file: what an import takes and an export gives. */
export const catalogueFile = z.strictObject({
  format: catalogueFrame.shape.format,
  domains: z.array(domainEntry).max(MAX_ENTRIES.domains).optional(),
  metrics: z.array(metricInput).max(MAX_ENTRIES.metrics).optional(),
  objectives: z.array(objectiveEntry).max(MAX_ENTRIES.objectives).optional(),
});

/** What HTTP takes beside the file. */
export const importQuery = z.strictObject({
  dryRun: z.enum(['true', 'false'], { error: 'must be "true" or "false"' }).default('false'),
  /** `merge` leaves alone what the file does not name; `replace` removes it, of the kinds that the file has. */
  mode: z.enum(['merge', 'replace'], { error: 'must be one of merge, replace' }).default('merge'),
});

/** One part of a catalogue file on its way; what is not imported is forgotten after some minutes. */
export const stageCatalogue = defineRequest('reports.catalogue.stage', {
  request: z.object({
    importId: id,
    part: z
      .int()
      .min(0)
      .max(MAX_PARTS - 1),
    text: z
      .string()
      .min(1)
      .max(CATALOGUE_PART_CHARACTERS)
      .refine((text) => text.isWellFormed(), 'must not begin or end within a surrogate pair'),
  }),
  response: z.object({}),
});

/** A file's parts, none of which is cut within a surrogate pair: half of one gets lost on the way. */
export function* catalogueParts(text: string, characters = CATALOGUE_PART_CHARACTERS): Generator<string> {
  for (let start = 0; start < text.length;) {
    const within = text.slice(start, start + characters);
    const part = /[\uD800-\uDBFF]$/.test(within) && within.length > 1 ? within.slice(0, -1) : within;
    yield part;
    start += part.length;
  }
}

const changed = z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), removed: z.int() });

/** What an import did, or would do. */
export const importResult = z.object({
  dryRun: z.boolean(),
  mode: z.enum(['merge', 'replace']),
  domains: changed,
  metrics: changed,
  objectives: changed,
  /** Each entry that was created, updated or removed, the first {@link MAX_LISTED_CHANGES} of them. */
  changes: z
    .array(
      z.object({
        kind: z.enum(['domain', 'metric', 'objective']),
        id: z.string(),
        change: z.enum(['created', 'updated', 'removed']),
      }),
    )
    .max(MAX_LISTED_CHANGES),
});
export type ImportResult = z.output<typeof importResult>;

/** Imports the file that was staged, all of it or nothing. */
export const importCatalogue = defineRequest('reports.catalogue.import', {
  request: z.object({
    importId: id,
    parts: z.int().min(1).max(MAX_PARTS),
    dryRun: z.boolean(),
    mode: importQuery.shape.mode,
  }),
  response: importResult,
  deadlineMs: 60_000,
});

/** The next entries of an export, as text. `revision` holds all of it to one state of the catalogue. */
export const exportCatalogue = defineRequest('reports.catalogue.export', {
  request: z.object({
    section: z.enum(['domains', 'metrics', 'objectives']),
    /** Only entries after this one; from the first without it. */
    after: z.string().optional(),
    revision: z.string().optional(),
  }),
  response: z.object({
    revision: z.string(),
    /** Entries of the file's list, with commas between them. */
    rows: z.string(),
    /** Whom to ask on after; null at the end. */
    next: z.string().nullable(),
  }),
});

/** How often the catalogue was written to: the state that an export is of. */
export const catalogueRevision = defineRequest('reports.catalogue.revision', {
  request: z.strictObject({}),
  response: z.object({ revision: z.string() }),
});
