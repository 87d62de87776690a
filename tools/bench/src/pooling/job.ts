import type { ContestantName } from './contestants/index.ts';

/** Acquires and releases, by so many callers at a time. */
export interface Job {
  readonly contestant: ContestantName;
  readonly measure: 'turns';
  readonly resources: number;
  readonly callers: number;
  readonly seconds: number;
}
