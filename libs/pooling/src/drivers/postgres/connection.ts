import type pg from 'pg';

/** What `pg` knows of a connection and keeps to itself. */
interface ClientState {
  readonly _queryable: boolean;
  readonly _ending: boolean;
  readonly _activeQuery: unknown;
  readonly _queryQueue: readonly unknown[];
  readonly _sentQueryQueue: readonly unknown[];
  readonly connection: { readonly stream: { readonly destroyed: boolean; destroy(): void } };
}

const stateOf = (client: pg.ClientBase): ClientState => client as unknown as ClientState;

/** Whether queries may still be sent over it, as far as this side knows. */
export function isConnected(client: pg.ClientBase): boolean {
  const { _queryable, _ending, connection } = stateOf(client);
  return _queryable && !_ending && !connection.stream.destroyed;
}

/** Whether a transaction is open, or a statement under way, so that its next user would be in the middle of it. */
export function isBusy(client: pg.Client): boolean {
  const { _activeQuery, _queryQueue, _sentQueryQueue } = stateOf(client);
  const status = client.getTransactionStatus();
  if (status !== 'I' && status !== null) return true;
  return Boolean(_activeQuery) || _queryQueue.length > 0 || _sentQueryQueue.length > 0;
}

/** Closes the socket at once; the server rolls back. `client.end()` would wait for the running statement. */
export function cutConnection(client: pg.ClientBase): void {
  stateOf(client).connection.stream.destroy();
}

/**
 * Whether who threw this leaves a connection that must not be used again: the server said that it closes it (classes 08,
 * 57P), or the error is not the server's at all (a lost socket, a time-out of this side).
 */
export function breaksConnection(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  if (typeof code !== 'string' || severity === undefined) return isSocketError(error);
  return code.startsWith('08') || code.startsWith('57P');
}

function isSocketError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || /^Connection terminated|^Query read timeout|is not queryable/.test(error.message);
}

/** Errors of a connect that no other try will mend: a wrong password, user or database, or no right to it. */
export function isFinal(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(28...|3D000|42501)$/.test(code);
}
