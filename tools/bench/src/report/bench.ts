/** How long a bench takes its time. */
export interface BenchOptions {
  /** How often each figure is measured; the median counts. */
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
  /** Tells the person at the terminal what is being measured. */
  readonly say: (line: string) => void;
}

/** A table of figures, as cells. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a bench found out. */
export interface BenchReport {
  readonly title: string;
  /** Paragraphs before the tables: what was measured and how. */
  readonly about: readonly string[];
  readonly tables: readonly Table[];
  /** Sentences after them. */
  readonly notes: readonly string[];
  /** The same as plain figures, for `--json`. */
  readonly figures: unknown;
}

/** One thing that can be measured by its name. */
export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<BenchReport>;
}
