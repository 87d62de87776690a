import type { Socket } from 'node:net';
import { Client, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';

/** A handler that wants to know the connection that its request goes out on: it is set before the request begins. */
export interface ConnectionAware extends Dispatcher.DispatchHandler {
  connection?: HttpConnection;
}

/** What the pool of a connection is told. */
export interface ConnectionEvents {
  /** The request that was served is over, and the connection takes another. */
  free(connection: HttpConnection): void;
  /** It was closed, by whichever side. */
  gone(connection: HttpConnection): void;
}

/** How connections are made, and how their requests are bounded. */
export interface ConnectionSettings {
  readonly origin: URL;
  readonly connector: buildConnector.connector;
  readonly client: Client.Options;
  readonly events: ConnectionEvents;
}

/**
 * One connection to an origin, for one request after the other (HTTP/1.1 without pipelining). It is made with its socket
 * connected. Where that closes between lending and sending, undici connects again by itself before the request is sent.
 */
export class HttpConnection extends Client {
  /** The one in use: whether a request was fully written can be asked of nobody else. */
  socket: Socket;
  readonly #events: ConnectionEvents;
  /** Whether undici has not taken the first socket yet, and nobody else listens to it. */
  #untaken = true;
  #serving = false;

  constructor(socket: Socket, { origin, connector, client, events }: ConnectionSettings) {
    super(origin, {
      ...client,
      pipelining: 1,
      allowH2: false,
      connect: (target, done) => {
        const ready = this.#takeFirst(origin, target);
        // Not at once: undici would not go on with the request.
        if (ready) return queueMicrotask(() => done(null, ready));
        connector(target, (error, made) => {
          if (error) return done(error, null);
          this.socket = made!;
          done(null, made!);
        });
      },
    });
    this.socket = socket;
    this.#events = events;
    socket.once('close', () => {
      if (this.#untaken) events.gone(this);
    });
    this.on('drain', () => this.#free());
    this.on('disconnect', () => events.gone(this));
  }

  get isOpen(): boolean {
    return !this.destroyed && !this.socket.destroyed;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: ConnectionAware): boolean {
    handler.connection = this;
    return super.dispatch(options, handler);
  }

  /** Sends one request; `free` follows when the next may come. */
  serve(options: Dispatcher.DispatchOptions, handler: ConnectionAware): void {
    this.#serving = true;
    // It is over already, such as one with bad options. A `drain` of it that is still to come comes before.
    if (this.dispatch(options, handler)) queueMicrotask(() => this.#free());
  }

  /** Closes the connection; a request under way fails. */
  async end(): Promise<void> {
    if (this.#untaken) this.socket.destroy();
    this.#untaken = false;
    await this.destroy();
  }

  #free(): void {
    if (!this.#serving) return;
    this.#serving = false;
    this.#events.free(this);
  }

  /** The socket it was made with, as long as it is open and is for the name that the request is for. */
  #takeFirst({ hostname }: URL, { servername }: buildConnector.Options): Socket | undefined {
    if (!this.#untaken) return undefined;
    this.#untaken = false;
    if (!this.socket.destroyed && (!servername || servername === hostname)) return this.socket;
    this.socket.destroy();
    return undefined;
  }
}

/** @throws what keeps it from being made (as a rejection); the signal's reason once it has aborted */
export function openConnection(settings: ConnectionSettings, signal: AbortSignal): Promise<HttpConnection> {
  const { hostname, host, protocol, port } = settings.origin;
  return new Promise((resolve, reject) => {
    const target = { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), host, protocol, port };
    settings.connector(target, (error, socket) => {
      if (error) return reject(error);
      if (!signal.aborted) return resolve(new HttpConnection(socket!, settings));
      socket!.destroy();
      reject(signal.reason as Error);
    });
  });
}
