/** What an upstream's parent may ask of it; it answers with its {@link UpstreamAnswers}. */
export interface UpstreamOrder {
  /** Whether it answers everything with status 500 from now on; left out, it stays as it is. */
  readonly fail?: boolean;
}

/** What it has answered since its start. */
export interface UpstreamAnswers {
  completions: number;
  failures: number;
}
