/** What one reading of a folder may take; a folder beyond it is reported, never half read in silence. */
export const limits = Object.freeze({
  /** Bytes of one file. */
  fileBytes: 1_048_576,
  /** Levels of folders below the root in which work efforts are looked for. */
  depth: 4,
  /** Files and folders looked at. */
  entries: 200_000,
  workEfforts: 20_000,
  ticketsPerWorkEffort: 1_000,
});

/** The limits of {@link limits}, for a reading that has others. */
export type Limits = { readonly [K in keyof typeof limits]: number };
