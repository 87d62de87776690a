/** Where a load goes: the same request each time. */
export interface LoadTarget {
  /** Default POST. */
  readonly method?: 'GET' | 'POST';
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the load generator is to do: as many requests as its connections can carry, one at a time on each. */
export interface LoadJob extends LoadTarget {
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. Latencies are milliseconds from the writing of a request to the last byte of its answer. */
export interface LoadResult {
  /** Whole answers with status 200 within the time. */
  readonly served: number;
  /** The same, with those that ended after it. */
  readonly servedInAll: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Everything else: other statuses, lost connections and answers that did not come, by what it was. */
  readonly failures: Readonly<Record<string, number>>;
}
