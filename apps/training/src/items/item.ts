import type { TicketStatus, WorkEffortStatus } from '@purser/contracts';
import type { Problem } from './problems.ts';

/** What is stored of an item, so that a reader can tell whether it has changed. */
export interface KnownItem {
  /** The source's own name of it, one of its kind within the source. */
  readonly externalId: string;
  /** Where it lies within the source. */
  readonly path: string;
  /** Equal as long as the reader would make the same of it. */
  readonly hash: string;
  /** Equal as long as the reader need not even look into it; null or absent: it must. */
  readonly stamp?: string | null;
  /** What could not be used of it, or not as it stands. */
  readonly problems: readonly Problem[];
}

/** An item as a reader found it: it becomes one work effort. */
export interface Item extends KnownItem {
  /** What it says; null where it is as it is known. */
  readonly content: ItemContent | null;
}

/** What becomes of an item in the table of work efforts and those that hang on it. */
export interface ItemContent {
  readonly title: string;
  readonly description: string;
  readonly status: WorkEffortStatus;
  readonly branch: string | null;
  readonly repository: string | null;
  /** As {@link tagsOf} makes them. */
  readonly tags: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Each with an id of its own. */
  readonly tickets: readonly ItemTicket[];
  /** Tickets beside these that could not be read: they count as not completed. */
  readonly unreadTickets?: number;
}

/** One step of an item. */
export interface ItemTicket {
  readonly externalId: string;
  readonly title: string;
  readonly status: TicketStatus;
  readonly sequence: number;
  readonly assignedTo: string | null;
  /** The id of the item that it says it belongs to, which need not be the one that it lies in. */
  readonly parent: string | null;
  readonly createdAt: Date | null;
}
