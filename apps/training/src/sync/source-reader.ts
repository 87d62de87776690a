import type { SourceEntity } from '../sources/source.entity.ts';
import type { NewSource, SourceInput } from '../sources/sources.repository.ts';
import type { Item, KnownItem } from '../items/item.ts';
import type { Problem } from '../items/problems.ts';

/** What a reader is asked to read. */
export interface ReadRequest {
  readonly source: SourceEntity;
  /** What is stored of the source's items, by their external ids. */
  readonly known: ReadonlyMap<string, KnownItem>;
  /** What the last reading of this source that was stored left for the next one; null at first. */
  readonly bookmark: unknown;
  /** Ends the reading, with its reason. A reading that doesn't notice is left behind. */
  readonly signal: AbortSignal;
}

/** What a reader found. */
export interface Reading {
  /**
   * True: `items` are all that the source holds, and what is stored beside them is removed. False: `items` are those
   * that changed since the bookmark, those in `removed` are gone, and the rest stays.
   */
  readonly complete: boolean;
  /** Each with an external id of its own. */
  readonly items: readonly Item[];
  /** External ids. Nothing where the reading is complete. */
  readonly removed?: readonly string[];
  /** What was wrong beside the items' own problems. */
  readonly problems: readonly Problem[];
  /** Plain JSON, stored together with the items or not at all; without it the next reading has none. */
  readonly bookmark?: unknown;
  /** When the source is to be read next by itself; as it was before, where it says nothing. */
  readonly nextSyncAt?: Date;
  /** Whether nothing was asked of the source, so that it counts as no sync. */
  readonly unasked?: boolean;
  /**
   * Whether items may have been stored since it began that are newer, or gone for good: what it read of them is then not
   * written.
   */
  readonly overtakable?: boolean;
}

/** Reads the sources of one kind. It writes nothing: what it finds is written by the sync. */
export interface SourceReader {
  readonly kind: SourceEntity['kind'];

  /** What is to be stored of a new source. @throws DomainError `invalid_request` naming the field that won't do */
  admit(input: SourceInput): Promise<NewSource>;

  /**
   * @throws Unreadable when the source as a whole can't be read, with the reason that people are shown; what is stored
   * then stays as it is
   */
  read(request: ReadRequest): Promise<Reading>;

  /** Of a reader that watches the sources it has read: has `tell` called when something may have changed in one. */
  whenChanged?(tell: (sourceId: string) => void): void;

  /** Of such a reader: watches the source no longer. */
  forget?(sourceId: string): void;
}
