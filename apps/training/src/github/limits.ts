/** What one source may take of this process and of GitHub; a repository beyond it is reported, never half read in silence. */
export const limits = Object.freeze({
  /** Bytes of one answer: a hundred issues whose bodies are as long as GitHub lets them be. */
  answerBytes: 32 * 1_048_576,
  /** Pages of one sweep; pull requests stand on them too. */
  pages: 1_000,
  issues: 20_000,
  /** Steps taken from one issue's task lists. */
  tasks: 1_000,
  /** Redirects that one request follows. */
  redirects: 3,
  /** Times that one request is sent, where the server fails or doesn't answer. */
  attempts: 3,
  /** Issues that one reading asks for one by one, to learn whether they are gone. */
  verified: 50,
});

/** The limits of {@link limits}, for a reading that has others. */
export type Limits = { readonly [K in keyof typeof limits]: number };
