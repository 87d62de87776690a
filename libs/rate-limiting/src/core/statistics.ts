import type { Limit } from './limit.ts';
import type { RefusalReason } from './limit-exceeded.ts';
import type { WaitStatistics } from './wait-times.ts';

/** How often, by what for. */
export type RefusalCounts = Readonly<Record<RefusalReason, number>>;

export interface LimitStatistics {
  readonly kind: Limit['kind'];
  readonly refused: RefusalCounts;
  /** Callers that wait for its slots now. */
  readonly waiting: number;
  /** Slots of it that are held through this limiter. */
  readonly held: number;
  /** The part of it that was used when it was asked, 0 to 1, the later the more it counts; null where that is not known. */
  readonly utilisation: number | null;
}

export interface ClientStatistics {
  readonly allowed: number;
  readonly refused: number;
  /** Calls that had to wait. */
  readonly queued: number;
  readonly waits: WaitStatistics;
  /** Of the limit of which least was left, as a {@link LimitStatistics}'s: how near to its limits the client is. */
  readonly utilisation: number | null;
}

/** What a limiter did since it was made; JSON. */
export interface LimiterStatistics {
  readonly allowed: number;
  readonly refused: RefusalCounts;
  readonly queued: number;
  /** Callers that wait now. */
  readonly waiting: number;
  /** Calls that their callers ended while they waited. */
  readonly aborted: number;
  /** Of calls that had to wait and were granted. */
  readonly waits: WaitStatistics;
  /** Slots that ended at the store while they were held here. */
  readonly lostLeases: number;
  /** What the store gave to callers that had gone by then; it was given back. */
  readonly lateGrants: number;
  /** Calls to the store that failed while nobody waited for them. */
  readonly storeProblems: number;
  /** The same as a client's, of all calls. */
  readonly utilisation: number | null;
  readonly limits: Readonly<Record<string, LimitStatistics>>;
  /** The busiest clients. */
  readonly clients: Readonly<Record<string, ClientStatistics>>;
  /** All others of whom there were counts. */
  readonly otherClients: Omit<ClientStatistics, 'waits' | 'utilisation'>;
}
