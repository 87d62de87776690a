import type { BenchOptions, Table } from '../../report/bench.ts';
import type { Job, Measured } from '../measures/job.ts';

/** What a part of the bench found out. */
export interface Section {
  readonly name: string;
  readonly table: Table;
  readonly notes: readonly string[];
  readonly figures: readonly object[];
}

export type SectionOf = (options: BenchOptions) => Promise<Section>;

/** Loops over calls of less than a microsecond need less time than loads over HTTP. */
export function loopSeconds({ seconds }: BenchOptions): number {
  return seconds / 4;
}

/** What was measured beside what was asked for. */
export function figuresOf(jobs: readonly Job[], measured: readonly Measured[]): object[] {
  return jobs.map((job, index) => ({ ...job, ...measured[index] }));
}
