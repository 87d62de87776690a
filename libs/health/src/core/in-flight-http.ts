import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { InFlightWork } from './drain.ts';

/**
 * Counts the requests that an HTTP server works on, from their head to the end of the response or of its connection.
 * Below whatever framework answers them, so that nothing can be answered past it.
 *
 * While draining, every response that has not begun tells the client to close its connection, and idle connections are
 * closed; a request that still arrives on an open connection is served.
 */
export class InFlightHttp implements InFlightWork {
  readonly #server: Server;
  readonly #responses = new Set<ServerResponse>();
  readonly #waiters = new Set<() => void>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
    // First in line: it must see the response before anyone can end it.
    server.prependListener('request', (_: IncomingMessage, response: ServerResponse) => this.#begin(response));
  }

  get inFlight(): number {
    return this.#responses.size;
  }

  /** Accepts no new connection from now on. */
  stop(): void {
    this.#draining = true;
    if (this.#server.listening) this.#server.close();
    for (const response of this.#responses) closeAfter(response);
    this.#server.closeIdleConnections();
  }

  /** Cuts what is still connected. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  idle(deadlineMs: number): Promise<boolean> {
    if (this.#responses.size === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      this.#waiters.delete(done);
      resolve(false);
    }, deadlineMs);
    this.#waiters.add(done);
    return promise;
  }

  #begin(response: ServerResponse): void {
    this.#responses.add(response);
    if (this.#draining) closeAfter(response);
    // Comes in any case: after the last byte, or when the client is gone.
    response.once('close', () => this.#end(response));
  }

  #end(response: ServerResponse): void {
    this.#responses.delete(response);
    // A response whose head was out before the drain began leaves its connection open, and now idle.
    if (this.#draining) setImmediate(() => this.#server.closeIdleConnections());
    if (this.#responses.size > 0) return;
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
