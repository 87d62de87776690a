import type { IncomingMessage } from 'node:http';

/** A client that is slower than this is answered while it still sends. */
const LINGER_MS = 2_000;

/**
 * Reads what is left of a request's body, and lets go of it, before `then`. Answered in the middle of its sending, a client
 * would find the connection closed under its hands, and most of them then never look at the answer.
 */
export function letTheRestArrive(request: IncomingMessage, then: () => void): void {
  if (request.complete || request.destroyed) return then();
  const timer = setTimeout(finish, LINGER_MS);
  function finish(): void {
    clearTimeout(timer);
    request.off('end', finish).off('close', finish);
    then();
  }
  request.once('end', finish).once('close', finish).resume();
}
