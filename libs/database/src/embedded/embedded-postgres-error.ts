/**
 * The embedded PostgreSQL could not be set up, started or stopped. The message names the cause and the remedy; it is
 * meant for the operator at the terminal. Trying again unchanged will not help.
 */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
