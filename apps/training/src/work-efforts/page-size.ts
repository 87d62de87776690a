import type { WorkEffort } from '@purser/contracts';

/** A page has to fit one message, which has 1 MiB and more to carry than the page. */
const MAX_PAGE_BYTES = 900_000;
const LONGEST_AT_FIRST = 4_000;

/** The same rows; where they would not fit one message, with descriptions cut to what does. */
export function withShorterDescriptions(rows: WorkEffort[], maxBytes = MAX_PAGE_BYTES): WorkEffort[] {
  let cut = rows;
  for (let longest = LONGEST_AT_FIRST; Buffer.byteLength(JSON.stringify(cut)) > maxBytes && longest > 0;) {
    const end = longest;
    cut = rows.map((row) => ({ ...row, description: row.description.slice(0, end).toWellFormed() }));
    longest = Math.floor(longest / 2);
  }
  return cut;
}
