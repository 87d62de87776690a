/** Where buckets are. */
export type Place = { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string };

/** The time that limits are for. */
export const PER_MS = 60_000;

/** A limiter that is measured, called as its users would. */
export interface OpenLimiter {
  /** Takes 1 of one limit of a client; rejects where it is refused. */
  take(client: string): Promise<unknown>;
  /** The same without a promise, where it can. */
  readonly takeNow?: (client: string) => unknown;
  /** Takes 1 of three limits (a key's, its account's, a provider's), as one request needs them. */
  readonly takeThree?: (client: string) => Promise<unknown>;
  close(): Promise<unknown>;
}

/** One way of opening one library. */
export type LimiterContestant = (place: Place, limit: number) => Promise<OpenLimiter>;
